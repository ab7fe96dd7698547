"""What is fast, measured against what a careful person writes by hand."""
