"""What a job looks like from outside: statistics, explain, pictures, progress."""
