"""Small programs, one idea each: `glowray examples` lists and runs them."""
