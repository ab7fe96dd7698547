"""The rules that changes are judged by, as rows of data."""
