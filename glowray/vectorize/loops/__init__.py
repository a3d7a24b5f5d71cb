"""Generated loops: several row steps as the body of one Python loop."""
