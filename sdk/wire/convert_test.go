package wire

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// words are valid values of the enums; fill uses one of them for each field of that type.
var words = map[reflect.Type]string{
	reflect.TypeFor[protocol.FailureKind]():   string(protocol.RateLimited),
	reflect.TypeFor[protocol.FailureSource](): string(protocol.FromProvider),
	reflect.TypeFor[protocol.AuthKind]():      string(protocol.AuthBasic),
	reflect.TypeFor[protocol.TokenGrant]():    string(protocol.GrantClient),
	reflect.TypeFor[protocol.ClientAuth]():    string(protocol.ClientBody),
	reflect.TypeFor[protocol.Scheme]():        string(protocol.SchemeToken),
	reflect.TypeFor[protocol.Encoding]():      string(protocol.Base64),
	reflect.TypeFor[protocol.Repeat]():        string(protocol.RepeatIdempotent),
	reflect.TypeFor[protocol.TriggerKind]():   string(protocol.TriggerPoll),
	reflect.TypeFor[protocol.Direction]():     string(protocol.Outbound),
	reflect.TypeFor[protocol.StatusState]():   string(protocol.StatusRead),
	reflect.TypeFor[schema.Kind]():            string(schema.Object),
}

// fill sets every field below v to something that is not zero, so that a field forgotten by a conversion is seen.
func fill(v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 31, 9, 0, 0, 5, time.UTC)))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"id":820982911946154508}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		word, ok := words[v.Type()]
		if !ok {
			word = "text"
		}
		v.SetString(word)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		if depth < 6 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("bytes"))
		} else if depth < 6 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0), depth+1)
			fill(v.Index(1), depth+1)
		}
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), elem)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

// roundTrip sends a filled and an empty value through the bytes of the wire and wants both back.
func roundTrip[P any, M proto.Message](t *testing.T, to func(P) M, from func(M) P) {
	t.Helper()
	t.Run(reflect.TypeFor[P]().String(), func(t *testing.T) {
		t.Parallel()
		var want P
		fill(reflect.ValueOf(&want).Elem(), 0)
		encoded, err := proto.Marshal(to(want))
		if err != nil {
			t.Fatal(err)
		}
		message := to(want)
		proto.Reset(message)
		if err := proto.Unmarshal(encoded, message); err != nil {
			t.Fatal(err)
		}
		if got := from(message); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestEveryMessageComesBackWhole(t *testing.T) {
	t.Parallel()
	roundTrip(t, toManifest, fromManifest)
	roundTrip(t, toType, fromType)
	roundTrip(t, toFailure, fromFailure)
	roundTrip(t, toCall, fromCall)
	roundTrip(t, toIdentity, fromIdentity)
	roundTrip(t, toInvocation, fromInvocation)
	roundTrip(t, toLogLine, fromLogLine)
	roundTrip(t, toResult, fromResult)
	roundTrip(t, toFetchRequest, fromFetchRequest)
	roundTrip(t, toPage, fromPage)
	roundTrip(t, toSubscribeRequest, fromSubscribeRequest)
	roundTrip(t, toSubscription, fromSubscription)
	roundTrip(t, toUnsubscribeRequest, fromUnsubscribeRequest)
	roundTrip(t, toWebhook, fromWebhook)
	roundTrip(t, toEvent, fromEvent)
	roundTrip(t, toOptionsRequest, fromOptionsRequest)
	roundTrip(t, toOptionsPage, fromOptionsPage)
	roundTrip(t, toHTTPResponse, fromHTTPResponse)
}

func TestHTTPRequestComesBackWithItsTicket(t *testing.T) {
	t.Parallel()
	var want protocol.HTTPRequest
	fill(reflect.ValueOf(&want).Elem(), 0)
	ticket, got := fromHTTPRequest(toHTTPRequest("tkt", want))
	if ticket != "tkt" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q %+v, want %+v", ticket, got, want)
	}
}

func TestWhatAForeignConnectorLeavesUnset(t *testing.T) {
	t.Parallel()
	if f := fromFailure(toFailure(&protocol.Failure{})); f.Kind != protocol.Unknown || f.Source != protocol.FromConnector {
		t.Errorf("a failure without a kind reads as %+v", f)
	}
	if a := fromAction(toAction(protocol.Action{})); a.Repeat != protocol.RepeatOnce {
		t.Errorf("an action without a repeat reads as %+v", a)
	}
	if e := fromEvent(toEvent(protocol.Event{})); !e.OccurredAt.IsZero() || e.Contact != nil || e.Message != nil || e.Status != nil {
		t.Errorf("an empty event reads as %+v", e)
	}
}
