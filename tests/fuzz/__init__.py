"""Random programs: each is a file of Python that glowray runs at all levels and Python runs by itself."""
