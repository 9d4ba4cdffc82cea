// Package examples carries the example flows, for the demo and for tests.
package examples

import (
	"embed"
	"fmt"
)

//go:embed flows
var flows embed.FS

// Flow returns the document of an example by the flow's name.
func Flow(name string) ([]byte, error) {
	b, err := flows.ReadFile("flows/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("example %s: %w", name, err)
	}
	return b, nil
}
