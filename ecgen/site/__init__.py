"""The documentation of a project: a static site in HTML, or Markdown for a repository."""
