"""`python -m fairlead`: the command line without an installed script."""

from fairlead.cli.entry import main

main()
