#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The libraries that programs send with, of several languages.

# Words in single quotes are for shells and interpreters inside; status and output are bats'.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0
load ../helper
load ../sendmail
load peers
load callers

setup() {
	callers_tree callers-code php-common php8.2-common php8.2-cli \
		libruby3.1 ruby3.1 rubygems-integration ruby-mini-mime ruby-mail ruby-net-telnet \
		libalgorithm-c3-perl libb-hooks-op-check-perl libcapture-tiny-perl libclass-c3-perl \
		libclass-method-modifiers-perl libclass-xsaccessor-perl libparams-util-perl libsub-install-perl \
		libdata-optlist-perl libdynaloader-functions-perl libdevel-callchecker-perl \
		libdevel-stacktrace-perl libemail-simple-perl libmodule-pluggable-perl libmro-compat-perl \
		libemail-abstract-perl libemail-address-xs-perl libparams-classify-perl \
		libmodule-runtime-perl libimport-into-perl librole-tiny-perl libsub-quote-perl libmoo-perl \
		libmoox-types-mooselike-perl libsub-exporter-perl libthrowable-perl libtry-tiny-perl \
		libemail-sender-perl libemail-date-format-perl libsub-exporter-progressive-perl node-nodemailer
	callers_setup
	hard_lines >"$T/hard"
	chmod -R a+rX "$T"
}

teardown() {
	stop_started
}

@test "PHP's mail()" {
	inside_as joe php8.2 -r 'exit(mail("Bob <bob@example.org>, ann", "Gruesse",
		file_get_contents($argv[1]), ["From" => "Joerg <joerg@example.com>", "Bcc" => "blind@example.org",
		"X-A" => "one\r\n two"], "-fboss@example.com") ? 0 : 1);' "$T/hard"
	expect_envelope 'Fboss@example.com B8BITMIME Tbob@example.org Tann@here.test Tblind@example.org'
	expect_header 'To: Bob <bob@example.org>, ann' 'Subject: Gruesse' 'From: Joerg <joerg@example.com>' \
		'X-A: one' ' two' \
		"${LABELS[@]}"
	echo >>"$T/hard" # PHP ends each message so
	expect_body "$T/hard"
	next_message
	# line ends as PHP's manual has them, and no -f
	inside_as joe php8.2 -r 'exit(mail("ann@example.org", "s", "one\r\n.\r\ntwo\n", "From: a@example.com\r\n")
		? 0 : 1);'
	expect_envelope 'Fjoe@here.test Tann@example.org'
	[ "$(body)" = 'one
.
two' ]
	next_message
	run -1 inside_as joe php8.2 -r 'exit(mail("", "s", "x") ? 0 : 1);'
}

@test "Symfony's transport, a dialogue with sendmail -bs, for several messages" {
	cat >"$T/send.php" <<-'END'
		<?php // as Symfony\Component\Mailer\Transport\Smtp\SmtpTransport over a ProcessStream
		$p = proc_open("/usr/sbin/sendmail -bs", [["pipe", "r"], ["pipe", "w"], ["pipe", "w"]], $io);
		function reply($io, $code) {
			do {
				$line = fgets($io[1]);
				if ($line === false || substr($line, 0, 3) != $code)
					exit("unexpected: $line");
			} while ($line[3] == "-");
		}
		function say($io, $text, $code) {
			fwrite($io[0], $text . "\r\n");
			fflush($io[0]);
			reply($io, $code);
		}
		reply($io, "220");
		say($io, "EHLO [127.0.0.1]", "250");
		foreach (["bob@example.org", "ann@here.test"] as $to) {
			say($io, "MAIL FROM:<boss@example.com>", "250");
			say($io, "RCPT TO:<$to>", "250");
			say($io, "DATA", "354");
			foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line)
				fwrite($io[0], ($line != "" && $line[0] == "." ? "." : "") . "$line\r\n");
			say($io, ".", "250");
			say($io, "NOOP", "250");
			say($io, "RSET", "250");
		}
		say($io, "QUIT", "221");
		fclose($io[0]);
		exit(proc_close($p));
	END
	{ printf 'Subject: s\nFrom: boss@example.com\n\n' && cat "$T/hard"; } >"$T/whole"
	inside_as joe php8.2 "$T/send.php" "$T/whole"
	local file
	for file in "$SATCHEL_SPOOL"/new/*; do
		sed 's/$/\r/' "$T/hard" >"$T/wire"
		ends_with "$file" "$T/wire"
		grep -aqx 'Fboss@example.com' "$file"
	done
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 2 ]
}

@test "Ruby's mail" {
	cat >"$T/send.rb" <<-'END'
		require "mail"
		m = Mail.new(charset: "UTF-8")
		m.from = "Jörg <joerg@example.com>"
		m.to = ["bob@example.org", "ann@here.test"]
		m.bcc = "-blind@example.org"
		m.subject = "Grüße"
		m.body = File.binread(ARGV[0])
		m.delivery_method :sendmail
		m.deliver!
	END
	inside_as joe ruby3.1 "$T/send.rb" "$T/hard"
	expect_envelope 'Fjoerg@example.com Tbob@example.org Tann@here.test T-blind@example.org'
	expect_fields 'From: =?UTF-8?B?SsO2cmc=?= <joerg@example.com>' 'To: bob@example.org, ' ' ann' \
		'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?='
	expect_decoded "$T/hard"
}

@test "Perl's Email::Sender" {
	cat >"$T/send.pl" <<-'END'
		use Email::Sender::Simple qw(sendmail);
		use Email::Sender::Transport::Sendmail;
		use Email::Simple;
		local $/;
		open my $f, "<", $ARGV[0];
		my $m = Email::Simple->create(header => [From => 'joe@example.com', To => 'bob@example.org',
			Subject => "s"], body => <$f>);
		sendmail($m, { transport => Email::Sender::Transport::Sendmail->new,
			from => 'boss@example.com', to => ['bob@example.org', '-ann@example.org'] });
	END
	inside_as joe perl "$T/send.pl" "$T/hard"
	expect_envelope 'Fboss@example.com B8BITMIME Tbob@example.org T-ann@example.org'
	expect_header 'From: joe@example.com' 'To: bob@example.org' 'Subject: s' "${LABELS[@]}"
	expect_body "$T/hard"
}

@test "nodemailer" {
	cat >"$T/send.js" <<-'END'
		const t = require('nodemailer').createTransport({ sendmail: true });
		t.sendMail({ from: 'Jörg <joerg@example.com>', to: ['bob@example.org', 'ann@here.test'],
			bcc: 'blind@example.org', subject: 'Grüße',
			text: require('fs').readFileSync(process.argv[2], 'utf8') }, e => { if (e) throw e; });
	END
	inside_as joe env NODE_PATH=/usr/share/nodejs node "$T/send.js" "$T/hard"
	expect_envelope 'Fjoerg@example.com Tbob@example.org Tann@here.test Tblind@example.org'
	expect_fields 'From: =?UTF-8?Q?J=C3=B6rg?= <joerg@example.com>' 'To: bob@example.org, ann' \
		'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?='
	expect_decoded "$T/hard"
}

@test "Python's email package, by subprocess" {
	cat >"$T/send.py" <<-'END'
		import subprocess, sys
		from email.message import EmailMessage
		m = EmailMessage()
		m["From"] = "Jörg <joerg@example.com>"
		m["To"] = "bob@example.org, Ann <ann@here.test>"
		m["Bcc"] = "blind@example.org"
		m["Subject"] = "Grüße"
		m.set_content(open(sys.argv[1]).read(), cte="8bit")
		subprocess.run(["/usr/sbin/sendmail", "-t", "-oi"], input=m.as_bytes(), check=True)
	END
	inside_as joe /usr/bin/python3 "$T/send.py" "$T/hard"
	expect_envelope 'Fjoe@here.test B8BITMIME Tbob@example.org Tann@here.test Tblind@example.org'
	expect_fields 'From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>' 'To: bob@example.org, Ann <ann>'
	expect_body "$T/hard"
}
