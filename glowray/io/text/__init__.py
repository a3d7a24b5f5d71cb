"""Lines of text: reader and sink."""
