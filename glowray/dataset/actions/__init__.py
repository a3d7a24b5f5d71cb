"""Actions: methods that run the plan and bring, show or write a result."""
