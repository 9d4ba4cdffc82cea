package store_test

import (
	"errors"
	"testing"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

func arriving() store.NewRequest {
	r := store.NewRequest{ID: id.New("req"), WorkspaceID: "wsp", ConnectionID: "con", Connector: "echo", Method: "POST"}
	r.DeliveryKey = r.ID
	return r
}

// TestCase47AWebhookOutlivesTheLossOfAConnection: a webhook that has certainly not reached the database is tried again, one
// whose answer was lost is found by its own id, and neither makes a second one.
func TestCase47AWebhookOutlivesTheLossOfAConnection(t *testing.T) {
	t.Parallel()
	link := testenv.NewLink(t, testenv.Postgres(t))
	s := open(t, link.URL)
	if _, _, err := s.InsertRequest(t.Context(), arriving()); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]func(r store.NewRequest){
		"the connection is gone, and the next ones break as they are made": func(store.NewRequest) { link.Refuse(3) },
		"the answer is lost": func(r store.NewRequest) { link.LoseAnswer(r.ID) },
	} {
		r := arriving()
		fault(r)
		if fresh, at, err := s.InsertRequest(t.Context(), r); err != nil || !fresh || at.IsZero() {
			t.Errorf("%s: fresh %t, at %s, %v", name, fresh, at, err)
		}
		again := r
		again.ID = id.New("req")
		if fresh, _, err := s.InsertRequest(t.Context(), again); err != nil || fresh {
			t.Errorf("%s: a copy is fresh: %t, %v", name, fresh, err)
		}
	}
}

// TestCase46AWebhookIsRefusedForCertainWhileThereIsNoDatabase: what was never sent is no "outcome unknown".
func TestCase46AWebhookIsRefusedForCertainWhileThereIsNoDatabase(t *testing.T) {
	t.Parallel()
	link := testenv.NewLink(t, testenv.Postgres(t))
	s := open(t, link.URL)
	link.Cut()
	if _, _, err := s.InsertRequest(t.Context(), arriving()); err == nil || errors.Is(err, store.ErrOutcomeUnknown) {
		t.Errorf("without a database: %v", err)
	}
	link.Mend()
	if fresh, _, err := s.InsertRequest(t.Context(), arriving()); err != nil || !fresh {
		t.Errorf("after it is back: fresh %t, %v", fresh, err)
	}
}

// TestAWebhookWhoseFateCannotBeLearntIsUnknown: the answer is lost, and then there is no database to ask.
func TestAWebhookWhoseFateCannotBeLearntIsUnknown(t *testing.T) {
	t.Parallel()
	link := testenv.NewLink(t, testenv.Postgres(t))
	s := open(t, link.URL)
	if _, _, err := s.InsertRequest(t.Context(), arriving()); err != nil { // so that there is a connection
		t.Fatal(err)
	}
	r := arriving()
	link.LoseAnswer(r.ID)
	link.Close()
	if _, _, err := s.InsertRequest(t.Context(), r); !errors.Is(err, store.ErrOutcomeUnknown) {
		t.Errorf("got %v", err)
	}
	link.Mend()
	if fresh, _, err := s.InsertRequest(t.Context(), r); err != nil || fresh {
		t.Errorf("the sender's copy is fresh: %t, %v", fresh, err)
	}
}
