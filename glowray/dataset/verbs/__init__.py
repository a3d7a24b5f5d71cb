"""Verbs: methods that give another dataset. They add to the plan and run nothing."""
