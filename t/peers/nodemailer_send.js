// SPDX-License-Identifier: ISC
// nodemailer_send.js FOLDER PORT FILE OPTIONS RECIPIENT...: sends FILE, in wire format, from me@example.org
// with the nodemailer of FOLDER; OPTIONS is JSON for its transport. Prints who was refused.
'use strict';
const fs = require('fs');
const [folder, port, file, options, ...to] = process.argv.slice(2);
const transport = require(folder).createTransport({
	host: '127.0.0.1', port: Number(port), name: 'peer.test', tls: { rejectUnauthorized: false },
	...JSON.parse(options),
});
const envelope = { from: 'me@example.org', to, use8BitMime: true };
if (process.env.DSN_ID) {
	envelope.dsn = { id: process.env.DSN_ID, return: 'headers', notify: ['success'], recipient: to[0] };
}
transport.sendMail({ envelope, raw: fs.readFileSync(file), dsn: envelope.dsn }, (error, info) => {
	if (error) {
		console.log(`${error.code} ${error.responseCode}`);
		process.exitCode = 1;
	} else {
		info.rejectedErrors?.forEach((e) => console.log(`${e.recipient} ${e.responseCode}`));
	}
	transport.close();
});
