"use strict";
// A client as a process: one JSON call per line on stdin, one JSON answer per line on stdout.

const readline = require("node:readline");

const write = process.stdout.write.bind(process.stdout);
console.log = console.error; // what a client prints must not be taken for an answer

// Answers until stdin ends. What a client throws is an answer, too: {"raised": "TypeError: …"}.
exports.serve = async function (calls) {
  for await (const asked of readline.createInterface({ input: process.stdin })) {
    const { call, ...given } = JSON.parse(asked);
    let answer;
    try {
      answer = await calls[call](given);
    } catch (error) {
      answer = { raised: String(error) };
    }
    write(JSON.stringify(answer) + "\n");
  }
};
