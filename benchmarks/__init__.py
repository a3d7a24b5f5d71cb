"""glowray beside its peers, on data made here: see README.md."""
