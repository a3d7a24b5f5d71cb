"""One workload a file: glowray in two variants, and the peers, each as short as its users would write it."""
