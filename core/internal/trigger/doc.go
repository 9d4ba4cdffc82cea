// Package trigger turns what happens outside into events: webhook requests as they come in, polls as they fall due,
// and the clock. It verifies requests before anything is stored and leaves their meaning to connectors.
package trigger
