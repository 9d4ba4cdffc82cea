// Package client calls the REST API. It is generated from the API's document, so that a command can't ask for what the
// gateway does not serve; what the answers hold is in package api.
package client

//go:generate go tool -modfile=../tools/go.mod oapi-codegen -config config.yaml ../../docs/openapi.json
