#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tls-report(8): from what workers say to qrun, to a report in the queue or at an HTTPS server.

load helper
load dns
load sts
load qrun

setup_file() {
	make_sts_keys post strict
	setup_satchel
	start_sts
	start_dns < <(zone | sed "s/@PORT@/$STS_PORT/")
	SERVERS=$STARTED
	export SERVERS
}

teardown_file() {
	STARTED=$SERVERS
	stop_started
}

setup() {
	STARTED=
	setup_qrun
	use_sts
	: >"$STS/requests"
	rm -f "$STS/posted"
	COUNTS=$SATCHEL_SPOOL/tls-report
	mkdir "$COUNTS"
	control tls-report "organization: Example Ünited" "contact: tls@report.example.test"
}

teardown() {
	stop_started
}

zone() {
	cat <<-'ZONE'
		mta-sts.post A 127.0.0.1
		_smtp._tls.mail TXT "v=TLSRPTv1; rua=mailto:reports%2Btls@mail.example.test"
		_smtp._tls.both TXT "v=TLSRPTv1;rua=https://mta-sts.post.example.test:@PORT@/both,mailto:r@both.example.test"
		_smtp._tls.fails TXT "v=TLSRPTv1;rua=https://mta-sts.post.example.test:@PORT@/fail,mailto:r@fails.example.test"
		_smtp._tls.twice TXT "v=TLSRPTv1;rua=mailto:a@b.test"
		_smtp._tls.twice TXT "v=TLSRPTv1;rua=mailto:c@d.test"
		plain MX 10 mx
		strict MX 10 mx
		mx A 127.0.0.1
		_mta-sts.strict TXT "v=STSv1; id=1;"
		mta-sts.strict A 127.0.0.1
		_smtp._tls.wrong TXT "v=TLSRPTv1;rua=mailto:no address"
	ZONE
}

# count DAY LINE…: lines of the counts of that day; | stands for the tab behind each field
count() {
	local day=$1
	shift
	printf '%s\n' "$@" | tr '|' '\t' >>"$COUNTS/$day"
}

STS_LINE='version: STSv1; mode: enforce; mx: mx.example.test; mx: *.mail.test; max_age: 86400'

count_some() {
	count 2026-11-20 "N3|Psts|Dmail.example.test|L$STS_LINE|" \
	    "N2|Pno-policy-found|Dboth.example.test|" \
	    "N1|Psts|Dmail.example.test|L$STS_LINE|Rcertificate-expired|Mmx.example.test|A192.0.2.1|S198.51.100.7|Hmx.example.test|Cit expired|" \
	    "torn|" \
	    "N4|Psts|Dmail.example.test|L$STS_LINE|" \
	    "N1|Ptlsa|Dmail.example.test|L3 1 1 AB; 2 0 1 CD|Mmx1.example.test|Rvalidation-failure|" \
	    "N9|Pno-policy-found|Dnobody.example.test|" \
	    "N1|Psts|Dmail.example.test|L$STS_LINE|Rcertificate-expired|Mmx.example.test|A192.0.2.1|S198.51.100.7|Hmx.example.test|Cit expired|" \
	    "N1|Psts|Dmail.example.test|L$STS_LINE|Rstarttls-not-supported|Mb.mail.test|A2001:db8::1|Ha\"b\\é|" \
	    "N1|Pno-policy-found|Dmail.example.test|"
}

# The counts of FILE, those of one kind in one line, as a report counts them: two kinds whose hashes meet have
# more than one.
sum_counts() {
	awk '{ n = substr($1, 2); sub(/^[^\t]*\t/, ""); sum[$0] += n } END { for (kind in sum) print "N" sum[kind] "\t" kind }' "$1"
}

# The report of mail.example.test as it must be: FILE on standard input.
check_json() {
	python3 -S -c '
import json, sys
got = json.load(sys.stdin)
def policies(key):
    return sorted((p for p in got["policies"] if p["policy"]["policy-type"] == key), key=str)
failed = {"result-type": "certificate-expired", "sending-mta-ip": "198.51.100.7",
          "receiving-mx-hostname": "mx.example.test", "receiving-mx-helo": "mx.example.test",
          "receiving-ip": "192.0.2.1", "failed-session-count": 2, "failure-reason-code": "it expired"}
plain = {"result-type": "starttls-not-supported", "receiving-mx-hostname": "b.mail.test",
         "receiving-mx-helo": "a\"b\\é", "receiving-ip": "2001:db8::1", "failed-session-count": 1}
want = {
    "organization-name": "Example Ünited",
    "date-range": {"start-datetime": "2026-11-20T00:00:00Z", "end-datetime": "2026-11-20T23:59:59Z"},
    "contact-info": "tls@report.example.test",
    "report-id": got["report-id"],
    "policies": [
        {"policy": {"policy-type": "no-policy-found", "policy-domain": "mail.example.test"},
         "summary": {"total-successful-session-count": 1, "total-failure-session-count": 0}},
        {"policy": {"policy-type": "tlsa", "policy-domain": "mx1.example.test",
                    "policy-string": ["3 1 1 AB", "2 0 1 CD"]},
         "summary": {"total-successful-session-count": 0, "total-failure-session-count": 1},
         "failure-details": [{"result-type": "validation-failure", "failed-session-count": 1,
                              "receiving-mx-hostname": "mx1.example.test"}]},
        {"policy": {"policy-type": "sts", "policy-domain": "mail.example.test",
                    "policy-string": ["version: STSv1", "mode: enforce", "mx: mx.example.test",
                                      "mx: *.mail.test", "max_age: 86400"],
                    "mx-host": ["mx.example.test", "*.mail.test"]},
         "summary": {"total-successful-session-count": 7, "total-failure-session-count": 3},
         "failure-details": [failed, plain]},
    ],
}
if got != want:
    sys.exit("got  %s\nwant %s" % (json.dumps(got, indent=1), json.dumps(want, indent=1)))
'
}

@test "-n prints the reports, for all domains or some, and sends nothing" {
	count_some
	tls-report -n -d 2026-11-20 mail.example.test >"$T/json"
	check_json <"$T/json"
	tls-report -n -d 2026-11-20 >"$T/json"
	[ "$(grep -c '"report-id"' "$T/json")" -eq 3 ]
	[ "$(ls "$COUNTS")" = 2026-11-20 ]
	run tls-report -n -d 2026-11-19
	assert_status 0
	[ -z "$output" ]
}

@test "a report is mailed once, by the book" {
	count_some
	run tls-report -d 2026-11-20 mail.example.test
	assert_status 0
	[ "$output" = "tls-report: report domain=mail.example.test day=2026-11-20 to=mailto:reports%2Btls@mail.example.test status=sent" ]
	cat "$SATCHEL_SPOOL"/new/* >"$T/spooled"
	assert_file_has "$T/spooled" "Ftls@report.example.test"
	assert_file_has "$T/spooled" "Treports+tls@mail.example.test"
	assert_file_has "$T/spooled" "NNEVER"
	python3 -S - "$T/spooled" "$T/json" <<-'END'
		import email, email.policy, gzip, re, sys
		data = open(sys.argv[1], "rb").read()
		m = email.message_from_bytes(data[data.index(b"\nReceived:") + 1:], policy=email.policy.default)
		assert m.get_content_type() == "multipart/report", m.get_content_type()
		assert m.get_param("report-type") == "tlsrpt"
		assert m["From"] == "tls@report.example.test" and m["To"] == "reports+tls@mail.example.test"
		assert m["TLS-Report-Domain"] == "mail.example.test"
		assert m["TLS-Report-Submitter"] == "report.example.test"
		assert m["TLS-Required"] == "No"
		assert re.fullmatch(r"Report Domain: mail\.example\.test\s+Submitter: report\.example\.test\s+"
		                    r"Report-ID: <2026-11-20\.[0-9a-f]{8}@[a-z.]+>", m["Subject"]), m["Subject"]
		assert m["Date"] and m["Message-ID"] and m["MIME-Version"] == "1.0"
		text, report = m.get_payload()
		assert text.get_content_type() == "text/plain"
		assert report.get_content_type() == "application/tlsrpt+gzip"
		assert report.get_filename() == "report.example.test!mail.example.test!1795132800!1795219199.json.gz", report.get_filename()
		json = gzip.decompress(report.get_content())
		open(sys.argv[2], "wb").write(json)
	END
	check_json <"$T/json"
	run tls-report -d 2026-11-20 mail.example.test # a second time
	assert_status 0
	[ -z "$output" ]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 1 ]
}

@test "by HTTPS and by mail; what fails now is tried again, what was sent is not" {
	count_some
	count 2026-11-20 "N1|Pno-policy-found|Dfails.example.test|" "N1|Pno-policy-found|Dtwice.example.test|" \
	    "N1|Pno-policy-found|Dwrong.example.test|"
	run tls-report -d 2026-11-20
	assert_status 111
	assert_output_has "tls-report: report domain=both.example.test day=2026-11-20 to=https://mta-sts.post.example.test:$STS_PORT/both status=sent"
	assert_output_has "to=mailto:r@both.example.test status=sent"
	assert_output_has "fail status=deferred"
	assert_output_has "mta-sts: fatal: unable to send the report: the server says 500"
	assert_output_has "to=mailto:r@fails.example.test status=sent"
	[[ $output != *nobody* && $output != *twice* && $output != *wrong* ]]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 3 ]
	[ "$(cat "$STS/requests" | cut -d ' ' -f 1,3 | sort)" = "POST /both
POST /fail" ]
	run tls-report -d 2026-11-20
	assert_status 111
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 3 ]
	[ "$(grep -c 'POST.*/both' "$STS/requests")" -eq 1 ]
	[ "$(grep -c 'POST.*/fail' "$STS/requests")" -eq 2 ]
}

@test "qrun counts what workers say, if reports are wanted, and no worker else" {
	day_lasts
	control routes 'away.test: smtp:127.0.0.1:9'
	worker smtp-send tls 'Psts|Daway.test|Lversion: STSv1; mode: none; max_age: 1|Mmx.test|' \
	    'Pno-policy-found|Daway.test|Rstarttls-not-supported|'
	submit ann@box.test joe@away.test
	submit ann@box.test jim@away.test
	pass
	counted=("$COUNTS"/20*)
	[ "${#counted[@]}" -eq 1 ]
	sum_counts "${counted[0]}" >"$T/counts"
	assert_file_has "$T/counts" $'N2\tPsts\tDaway.test\tLversion: STSv1; mode: none; max_age: 1\tMmx.test\t'
	assert_file_has "$T/counts" $'N2\tPno-policy-found\tDaway.test\tRstarttls-not-supported\t'
	[ "$(wc -l <"$T/counts")" -eq 2 ]
	[ "$(stat -c %a "${counted[0]}")" = 600 ]
	rm "$SATCHEL_CONTROL/tls-report" "${counted[0]}"
	submit ann@box.test joe@away.test
	pass
	[ "$(files_in "$COUNTS")" -eq 0 ]
	worker smtp-send tls 'Pno-policy-found|Rwrong|'
	submit ann@box.test joe@away.test
	pass
	assert_file_has "$T/log" "the worker broke the protocol"
}

@test "smtp-send tells of sessions with mail exchangers, and of those that a policy forbids" {
	day_lasts
	start_sink
	rm "$SATCHEL_CONTROL/routes"
	control mxport "$SINK"
	policy strict "version: STSv1" "mode: enforce" "mx: other.example.test" "max_age: 86400"
	submit ann@box.test joe@plain.example.test
	submit ann@box.test joe@strict.example.test
	TEXT='x' SUBJECT=$'test\nTLS-Required: No' submit ann@box.test joe@strict.example.test
	pass
	assert_file_has "$T/log" "status=sent"
	assert_file_has "$T/log" "status=deferred dsn=4.7.5"
	cat "$COUNTS"/* >"$T/counts"
	assert_file_has "$T/counts" $'N1\tPno-policy-found\tDplain.example.test\tRstarttls-not-supported\tMmx.example.test\tA127.0.0.1\tS127.0.0.1\t'
	assert_file_has "$T/counts" $'N1\tPsts\tDstrict.example.test\tLversion: STSv1; mode: enforce; mx: other.example.test; max_age: 86400\tRvalidation-failure\tMmx.example.test\t'
	[ "$(wc -l <"$T/counts")" -eq 2 ]
	# "TLS-Required: No" passes over what its domain asks for, not what is asked for here
	control tlspolicy 'strict.example.test: encrypt'
	: >"$T/log"
	TEXT='x' SUBJECT=$'test\nTLS-Required: No' submit ann@box.test joe@strict.example.test
	pass
	assert_file_has "$T/log" "status=deferred dsn=4.7.4"
	# under TLS, but it came to nothing, which is not TLS's fault
	start_sink --tls "$KEYS/here" --at 'secure=421 4.3.2 not now'
	control mxport "$SINK"
	rm -f "$COUNTS"/*
	submit ann@box.test joe@plain.example.test
	: >"$T/log"
	pass
	assert_file_has "$T/log" "status=deferred dsn=4.3.2"
	[ "$(files_in "$COUNTS")" -eq 0 ]
}

@test "settings and usage" {
	control tls-report "contact: nobody"
	run tls-report -n
	assert_status 111
	assert_output_has "contact is no address with a domain: nobody"
	control tls-report "mail: a@b.test"
	run tls-report -n
	assert_status 111
	assert_output_has "tls-report, line 1: organization or contact is expected"
	control tls-report "# the defaults"
	count_some
	run tls-report -n -d 2026-11-20 mail.example.test
	assert_output_has '"organization-name": "here.test"'
	assert_output_has '"contact-info": "postmaster@here.test"'
	for arguments in "-x" "-d 2026-02-30" "-d" "-d ../x"; do
		# shellcheck disable=SC2086
		run tls-report $arguments
		assert_status 100
		assert_output_has "Try 'tls-report --help'"
	done
	run tls-report --version
	[ "$output" = "tls-report (satchel) 0.1" ]
	run tls-report --help
	assert_status 0
}
