package main

import (
	"testing"

	"github.com/cordboard/cordboard/sdk/sdktest"
)

func TestConformance(t *testing.T) {
	sdktest.Conformance(t, connector)
}
