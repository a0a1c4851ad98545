// SPDX-License-Identifier: ISC
// A plugin of Haraka: mail for joe@example.test and for the postmaster goes to files of the folder BOX,
// as it came; nobody else is known.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

exports.hook_rcpt = function (next, connection, params) {
	const { user, host } = params[0];
	if (user === 'joe' && host === 'example.test') return next(OK);
	if (user.toLowerCase() === 'postmaster' && (!host || host === 'example.test')) return next(OK);
	next(DENY, '5.1.1 no such user');
};

exports.hook_data = function (next, connection) {
	connection.transaction.parse_body = false;
	next();
};

exports.hook_queue = function (next, connection) {
	const name = path.join(process.env.BOX, connection.transaction.uuid);
	const out = fs.createWriteStream(`${name}.part`);
	out.on('finish', () => fs.rename(`${name}.part`, name, () => next(OK, 'taken')));
	connection.transaction.message_stream.pipe(out);
};
