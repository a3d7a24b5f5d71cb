"""Small programs, each on one idea. `glowray examples` lists and runs them."""
