package wire

import (
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
	pb "github.com/cordboard/cordboard/sdk/wire/connectorv1"
)

var valueKinds = newEnum(map[schema.Kind]pb.ValueKind{
	schema.Any:      pb.ValueKind_VALUE_KIND_ANY,
	schema.String:   pb.ValueKind_VALUE_KIND_STRING,
	schema.Integer:  pb.ValueKind_VALUE_KIND_INTEGER,
	schema.Number:   pb.ValueKind_VALUE_KIND_NUMBER,
	schema.Boolean:  pb.ValueKind_VALUE_KIND_BOOLEAN,
	schema.Time:     pb.ValueKind_VALUE_KIND_TIME,
	schema.Duration: pb.ValueKind_VALUE_KIND_DURATION,
	schema.List:     pb.ValueKind_VALUE_KIND_LIST,
	schema.Map:      pb.ValueKind_VALUE_KIND_MAP,
	schema.Object:   pb.ValueKind_VALUE_KIND_OBJECT,
})

var authKinds = newEnum(map[protocol.AuthKind]pb.AuthKind{
	protocol.AuthNone:   pb.AuthKind_AUTH_KIND_NONE,
	protocol.AuthAPIKey: pb.AuthKind_AUTH_KIND_API_KEY,
	protocol.AuthBasic:  pb.AuthKind_AUTH_KIND_BASIC,
	protocol.AuthBearer: pb.AuthKind_AUTH_KIND_BEARER,

	protocol.AuthOAuth2:  pb.AuthKind_AUTH_KIND_OAUTH2,
	protocol.AuthSession: pb.AuthKind_AUTH_KIND_SESSION,
})

var grants = newEnum(map[protocol.TokenGrant]pb.TokenGrant{
	protocol.GrantCode:   pb.TokenGrant_TOKEN_GRANT_AUTHORIZATION_CODE,
	protocol.GrantClient: pb.TokenGrant_TOKEN_GRANT_CLIENT_CREDENTIALS,
})

var clientAuths = newEnum(map[protocol.ClientAuth]pb.ClientAuth{
	protocol.ClientBasic: pb.ClientAuth_CLIENT_AUTH_BASIC,
	protocol.ClientBody:  pb.ClientAuth_CLIENT_AUTH_BODY,
})

var schemes = newEnum(map[protocol.Scheme]pb.VerificationScheme{
	protocol.SchemeHMACSHA256: pb.VerificationScheme_VERIFICATION_SCHEME_HMAC_SHA256,
	protocol.SchemeToken:      pb.VerificationScheme_VERIFICATION_SCHEME_TOKEN,

	protocol.SchemeStandardWebhooks: pb.VerificationScheme_VERIFICATION_SCHEME_STANDARD_WEBHOOKS,
	protocol.SchemeHMACSHA1:         pb.VerificationScheme_VERIFICATION_SCHEME_HMAC_SHA1,
	protocol.SchemeHMACSHA512:       pb.VerificationScheme_VERIFICATION_SCHEME_HMAC_SHA512,
})

var encodings = newEnum(map[protocol.Encoding]pb.SignatureEncoding{
	protocol.Hex:    pb.SignatureEncoding_SIGNATURE_ENCODING_HEX,
	protocol.Base64: pb.SignatureEncoding_SIGNATURE_ENCODING_BASE64,
})

var repeats = newEnum(map[protocol.Repeat]pb.Repeat{
	protocol.RepeatRead:       pb.Repeat_REPEAT_READ,
	protocol.RepeatIdempotent: pb.Repeat_REPEAT_IDEMPOTENT,
	protocol.RepeatOnce:       pb.Repeat_REPEAT_ONCE,
})

var triggerKinds = newEnum(map[protocol.TriggerKind]pb.TriggerKind{
	protocol.TriggerWebhook: pb.TriggerKind_TRIGGER_KIND_WEBHOOK,
	protocol.TriggerPoll:    pb.TriggerKind_TRIGGER_KIND_POLL,
})

func toManifest(m protocol.Manifest) *pb.Manifest {
	return &pb.Manifest{
		Name: m.Name, Title: m.Title, Version: m.Version, Summary: m.Summary, Sdk: m.SDK, Auth: toAuth(m.Auth),
		Inbox: toInbox(m.Inbox), Actions: each(m.Actions, toAction), Triggers: each(m.Triggers, toTrigger), Direct: m.Direct,
	}
}

func fromManifest(m *pb.Manifest) protocol.Manifest {
	return protocol.Manifest{
		Name: m.GetName(), Title: m.GetTitle(), Version: m.GetVersion(), Summary: m.GetSummary(), SDK: m.GetSdk(),
		Auth: fromAuth(m.GetAuth()), Inbox: fromInbox(m.GetInbox()), Actions: each(m.GetActions(), fromAction),
		Triggers: each(m.GetTriggers(), fromTrigger), Direct: m.GetDirect(),
	}
}

func toType(t schema.Type) *pb.Type {
	out := &pb.Type{Kind: valueKinds.to(t.Kind), Fields: each(t.Fields, toField), Open: t.Open}
	if t.Elem != nil {
		out.Elem = toType(*t.Elem)
	}
	return out
}

func fromType(t *pb.Type) schema.Type {
	out := schema.Type{Kind: valueKinds.from(t.GetKind()), Fields: each(t.GetFields(), fromField), Open: t.GetOpen()}
	if t.GetElem() != nil {
		elem := fromType(t.GetElem())
		out.Elem = &elem
	}
	return out
}

func toField(f schema.Field) *pb.Field {
	return &pb.Field{
		Name: f.Name, Label: f.Label, Help: f.Help, Type: toType(f.Type), Required: f.Required, Nullable: f.Nullable,
		Secret: f.Secret, Generate: f.Generate, Default: f.Default, OneOf: f.OneOf, Min: f.Min, Max: f.Max, Format: f.Format,
		Options: f.Options, Lower: f.Lower, Strip: f.Strip, Entries: f.Entries,
	}
}

func fromField(f *pb.Field) schema.Field {
	return schema.Field{
		Name: f.GetName(), Label: f.GetLabel(), Help: f.GetHelp(), Type: fromType(f.GetType()), Required: f.GetRequired(),
		Nullable: f.GetNullable(), Secret: f.GetSecret(), Generate: f.GetGenerate(), Default: f.GetDefault(), OneOf: f.GetOneOf(),
		Min: f.Min, Max: f.Max, Format: f.GetFormat(), Options: f.GetOptions(), Lower: f.GetLower(), Strip: f.GetStrip(),
		Entries: f.GetEntries(),
	}
}

func toAuth(a protocol.Auth) *pb.Auth {
	return &pb.Auth{
		Kind: authKinds.to(a.Kind), Fields: toType(a.Fields), BaseUrl: a.BaseURL, Hosts: a.Hosts, Username: a.Username, Password: a.Password,
		Headers: each(a.Headers, func(h protocol.Header) *pb.Header { return &pb.Header{Name: h.Name, Value: h.Value} }),
		Oauth:   toOAuth(a.OAuth), Login: toLogin(a.Login),
	}
}

func fromAuth(a *pb.Auth) protocol.Auth {
	out := protocol.Auth{
		Kind: authKinds.from(a.GetKind()), Fields: fromType(a.GetFields()), BaseURL: a.GetBaseUrl(), Hosts: a.GetHosts(),
		Username: a.GetUsername(), Password: a.GetPassword(),
		Headers: each(a.GetHeaders(), func(h *pb.Header) protocol.Header {
			return protocol.Header{Name: h.GetName(), Value: h.GetValue()}
		}),
		OAuth: fromOAuth(a.GetOauth()), Login: fromLogin(a.GetLogin()),
	}
	if out.Kind == "" {
		out.Kind = protocol.AuthNone
	}
	return out
}

func toOAuth(o *protocol.OAuth) *pb.OAuth {
	if o == nil {
		return nil
	}
	return &pb.OAuth{
		Grant: grants.to(o.Grant), AuthorizeUrl: o.AuthorizeURL, TokenUrl: o.TokenURL, Scopes: o.Scopes, Params: o.Params,
		TokenParams: o.TokenParams, ClientId: o.ClientID, ClientSecret: o.ClientSecret, ClientAuth: clientAuths.to(o.ClientAuth),
	}
}

func fromOAuth(o *pb.OAuth) *protocol.OAuth {
	if o == nil {
		return nil
	}
	out := &protocol.OAuth{
		Grant: grants.from(o.GetGrant()), AuthorizeURL: o.GetAuthorizeUrl(), TokenURL: o.GetTokenUrl(), Scopes: o.GetScopes(), Params: o.GetParams(),
		TokenParams: o.GetTokenParams(), ClientID: o.GetClientId(), ClientSecret: o.GetClientSecret(), ClientAuth: clientAuths.from(o.GetClientAuth()),
	}
	if out.Grant == "" {
		out.Grant = protocol.GrantCode
	}
	if out.ClientAuth == "" {
		out.ClientAuth = protocol.ClientBasic
	}
	return out
}

func toLogin(l *protocol.Login) *pb.Login {
	if l == nil {
		return nil
	}
	return &pb.Login{Url: l.URL, Fields: l.Fields, Form: l.Form, Token: l.Token, Lifetime: toDuration(l.Lifetime)}
}

func fromLogin(l *pb.Login) *protocol.Login {
	if l == nil {
		return nil
	}
	return &protocol.Login{URL: l.GetUrl(), Fields: l.GetFields(), Form: l.GetForm(), Token: l.GetToken(), Lifetime: l.GetLifetime().AsDuration()}
}

func toInbox(i *protocol.Inbox) *pb.Inbox {
	if i == nil {
		return nil
	}
	out := &pb.Inbox{DeliveryKey: i.DeliveryKey, Verify: &pb.Verification{
		Scheme: schemes.to(i.Verify.Scheme), Secret: i.Verify.Secret, Header: i.Verify.Header, Query: i.Verify.Query,
		Prefix: i.Verify.Prefix, Encoding: encodings.to(i.Verify.Encoding), Part: i.Verify.Part, Signed: i.Verify.Signed, Time: i.Verify.Time,
	}}
	if c := i.Challenge; c != nil {
		out.Challenge = &pb.Challenge{Expect: c.Expect, Token: c.Token, Secret: c.Secret, Echo: c.Echo}
	}
	return out
}

func fromInbox(i *pb.Inbox) *protocol.Inbox {
	if i == nil {
		return nil
	}
	v := i.GetVerify()
	out := &protocol.Inbox{DeliveryKey: i.GetDeliveryKey(), Verify: protocol.Verification{
		Scheme: schemes.from(v.GetScheme()), Secret: v.GetSecret(), Header: v.GetHeader(), Query: v.GetQuery(),
		Prefix: v.GetPrefix(), Encoding: encodings.from(v.GetEncoding()), Part: v.GetPart(), Signed: v.GetSigned(), Time: v.GetTime(),
	}}
	if c := i.GetChallenge(); c != nil {
		out.Challenge = &protocol.Challenge{Expect: c.GetExpect(), Token: c.GetToken(), Secret: c.GetSecret(), Echo: c.GetEcho()}
	}
	return out
}

func toAction(a protocol.Action) *pb.Action {
	return &pb.Action{
		Name: a.Name, Title: a.Title, Summary: a.Summary, Input: toType(a.Input), Output: toType(a.Output),
		Repeat: repeats.to(a.Repeat), Sends: a.Sends, Timeout: toDuration(a.Timeout), Window: toWindow(a.Window),
	}
}

func toWindow(w *protocol.Window) *pb.Window {
	if w == nil {
		return nil
	}
	return &pb.Window{Within: toDuration(w.Within), Instead: w.Instead}
}

func fromWindow(w *pb.Window) *protocol.Window {
	if w == nil {
		return nil
	}
	return &protocol.Window{Within: w.GetWithin().AsDuration(), Instead: w.GetInstead()}
}

// fromAction reads an action; one that does not say what repeating it means is never repeated.
func fromAction(a *pb.Action) protocol.Action {
	out := protocol.Action{
		Name: a.GetName(), Title: a.GetTitle(), Summary: a.GetSummary(), Input: fromType(a.GetInput()), Output: fromType(a.GetOutput()),
		Repeat: repeats.from(a.GetRepeat()), Sends: a.GetSends(), Timeout: a.GetTimeout().AsDuration(), Window: fromWindow(a.GetWindow()),
	}
	if out.Repeat == "" {
		out.Repeat = protocol.RepeatOnce
	}
	return out
}

func toTrigger(t protocol.Trigger) *pb.Trigger {
	return &pb.Trigger{
		Name: t.Name, Title: t.Title, Summary: t.Summary, Kind: triggerKinds.to(t.Kind), Input: toType(t.Input),
		Output: toType(t.Output), Every: toDuration(t.Every), Subscribes: t.Subscribes, Standing: t.Standing, Match: t.Match,
	}
}

func fromTrigger(t *pb.Trigger) protocol.Trigger {
	return protocol.Trigger{
		Name: t.GetName(), Title: t.GetTitle(), Summary: t.GetSummary(), Kind: triggerKinds.from(t.GetKind()),
		Input: fromType(t.GetInput()), Output: fromType(t.GetOutput()), Every: t.GetEvery().AsDuration(),
		Subscribes: t.GetSubscribes(), Standing: t.GetStanding(), Match: t.GetMatch(),
	}
}
