"""The rules that classify changes, as rows of data."""
