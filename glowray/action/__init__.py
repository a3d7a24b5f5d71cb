"""An action: a plan optimised, cut into stages, given to an engine, and watched."""
