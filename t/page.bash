# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The commands that satchel(7) or another page shows, for tests that run them as they stand there.

# The displays of a section of the page, or of a subsection, without those that its comments except:
# commands SECTION [PAGE]
commands() {
	awk -v section="$1" '
		/^\.S[hs] / { inside = substr($0, 5) == section }
		/^\.\\" not run by/ { skipped = 1 }
		inside && /^\.Bd -literal/ { shown = !skipped; skipped = 0; next }
		/^\.Ed/ { shown = 0 }
		shown { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print }
	' "$ROOT/man/${2:-satchel.7}"
}
