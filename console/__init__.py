"""What people see: the live terminal view, summaries, reports, command-line options."""
