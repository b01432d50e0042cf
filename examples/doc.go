// Package examples has small programs to start from, one per folder:
//
//   - inprocess verifies a person inside one process;
//   - server is bonafide as a server of its own;
//   - hosttx writes the host's row and a session in one transaction;
//   - receiver takes webhooks and believes only those that are signed;
//   - prometheus, a module of its own, shows the metrics with alerts and a dashboard;
//   - benchmarks, another one, holds bonafide against limits and peers in one table.
//
// The folder trial is a test: it kills servers, and judges what many workers have seen.
// Its tests hold the README and the order of the packages to what they say.
package examples
