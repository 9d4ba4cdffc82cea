package delivery

import (
	"context"
	"fmt"
	"testing"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/list"
)

// shelf is a store that has endpoints and nothing else.
type shelf struct {
	Store
	endpoints []Endpoint // newest first
}

func (s shelf) ListEndpoints(_ context.Context, _ string, p list.Page) (page []Endpoint, _ error) {
	for _, e := range s.endpoints {
		if (p.After == "" || e.ID < p.After) && len(page) < p.Size() {
			page = append(page, e)
		}
	}
	return page, nil
}

func TestEveryEndpointThatWantsAnEventGetsIt(t *testing.T) {
	t.Parallel()
	var s shelf
	const many = 2*list.MaxLimit + 1
	for n := many; n > 0; n-- {
		s.endpoints = append(s.endpoints, Endpoint{ID: fmt.Sprintf("ep_%04d", n), State: Active, Events: []string{"run.*"}})
	}
	s.endpoints[0].State = Disabled
	known := Endpoints{Store: s}
	if got, wanted, err := known.Subscribers(t.Context(), "ws_1", event.RunFailed); err != nil || !wanted || len(got) != many-1 {
		t.Errorf("%d of %d, wanted %v, %v", len(got), many-1, wanted, err)
	}
	if got, wanted, err := known.Subscribers(t.Context(), "ws_1", event.WaitReplied); err != nil || wanted || len(got) != 0 {
		t.Errorf("what nobody wants: %v, %v, %v", got, wanted, err)
	}
}
