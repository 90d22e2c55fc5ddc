"""What `kommobil doctor` looks at, and what it makes of it: facts are gathered by one function and judged by another."""
