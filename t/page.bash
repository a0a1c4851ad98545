# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The commands that satchel(7) shows, for tests that run them as they stand there.

# The displays of a section of the page, without those that its comments except: commands SECTION
commands() {
	awk -v section="$1" '
		/^\.Sh / { inside = $0 == ".Sh " section }
		/^\.\\" not run by/ { skipped = 1 }
		inside && /^\.Bd -literal/ { shown = !skipped; skipped = 0; next }
		/^\.Ed/ { shown = 0 }
		shown { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print }
	' "$ROOT/man/satchel.7"
}
