"""Floor 4: HTTP. One endpoint for every path of every dialect, and what an operator looks at."""
