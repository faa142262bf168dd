"""`python -m fairlead`: the command line without an installed script."""

from fairlead.cli.main import main

main()
