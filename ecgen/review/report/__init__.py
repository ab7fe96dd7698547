"""A review as text, Markdown, JSON and annotations."""
