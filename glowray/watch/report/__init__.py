"""The files that an action can leave behind: an HTML report, and a trace for Perfetto."""
