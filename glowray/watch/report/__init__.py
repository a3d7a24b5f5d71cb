"""What an action leaves behind as a file: an HTML report, and a trace for Perfetto."""
