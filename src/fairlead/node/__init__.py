"""The process: the path, the session loop, recovery, configuration. Importing it is free."""
