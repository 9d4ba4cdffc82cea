// Package web carries the pages that the gateway serves. The build tag no_ui leaves them out.
package web
