// Package wholepath holds tests of whole paths: a gateway, its connectors and the sandbox that plays the vendors, each
// a process of its own, which meet over HTTP alone. It has the acceptance table of the worked example, and what
// remains of it when a process is killed.
package wholepath
