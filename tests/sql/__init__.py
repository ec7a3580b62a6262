"""SQL is judged by Google's own analyser, not by the emulator that the tests run on.

ZetaSQL is the front end of BigQuery: what it refuses, BigQuery refuses. `make sql` installs it
(npm, once, into `.zetasql/`) and asks it four questions:

* Is every statement accepted? Files and views (`files`), examples of the documents (`examples`),
  and whatever passed while the suite ran (`recorded`, written by `witness` in each process and by
  `local/emulators/statements.py` in the local BigQuery).
* Does a statement escape? Every text in the code that is SQL must be among those (`literals`).
* Is a name of a table, a view or a column a reserved word (`names`)?
* Do views and the sources of MERGE give the same cells on the emulator and on Google's reference
  implementation (`engines`, on the awkward rows of `awkward`)?

Then the demo runs with the analyser in front of every query (`gate`). `make test` asks the first
three of the files, and compares fewer rows. Without npm all of it is skipped aloud, unless
ANALYSER=required (CI).

The analyser accepts some things that BigQuery does not: `features` says which are switched off.
"""
