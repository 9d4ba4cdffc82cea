package storetest

import (
	"errors"
	"reflect"
	"testing"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
)

var fieldCases = cases{
	"a field keeps its type, and takes its values along": func(t *testing.T, w *world) {
		ctx, ws := t.Context(), w.workspace.ID
		plan := contactfield.Field{Name: "plan", Type: contactfield.Choice, Title: "Plan", Choices: []string{"gold"}}
		birthday := contactfield.Field{Name: "birthday", Type: contactfield.Date}
		if err := errors.Join(w.SaveField(ctx, ws, plan), w.SaveField(ctx, ws, birthday)); err != nil {
			t.Fatal(err)
		}
		plan.Title, plan.Choices = "", []string{"gold", "silver"}
		if err := w.SaveField(ctx, ws, plan); err != nil {
			t.Fatal(err)
		}
		if err := w.SaveField(ctx, ws, contactfield.Field{Name: "plan", Type: contactfield.Text}); !errors.Is(err, store.ErrFieldType) {
			t.Errorf("another type: %v", err)
		}
		if got := must(w.Fields(ctx, ws))(t); !reflect.DeepEqual(got, []contactfield.Field{birthday, plan}) {
			t.Errorf("declared are %+v", got)
		}
		if got := must(w.Fields(ctx, "wsp_other"))(t); len(got) > 0 {
			t.Errorf("another workspace has %+v", got)
		}
		fields := born(`"1990-05-17"`)
		fields["plan"] = []byte(`"gold"`)
		w.put(w.contact, run.ContactChange{Fields: fields})
		if err := w.DeleteField(ctx, ws, "birthday"); err != nil {
			t.Fatal(err)
		}
		if err := w.DeleteField(ctx, ws, "birthday"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if got := must(w.ContactByID(ctx, ws, w.contact.ID))(t); string(got.Fields) != `{"plan":"gold"}` && string(got.Fields) != `{"plan": "gold"}` {
			t.Errorf("left are %s", got.Fields)
		}
		if got := w.dated("", false, "", "1990-05-17"); len(got) > 0 {
			t.Errorf("still dated: %v", got)
		}
	},
}
