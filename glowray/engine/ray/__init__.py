"""The Ray engine: tasks on Ray, what they print, how they are lost, retried and stopped."""
