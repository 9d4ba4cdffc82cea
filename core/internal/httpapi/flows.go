package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
)

// body is an answer that consists of a JSON body.
type body[T any] struct{ Body T }

func answer[T any](v T) *body[T] { return &body[T]{v} }

// none is an answer without a body.
type none struct{}

// Paging is the query of every list. It is exported, as are the other embedded inputs, because huma looks into
// exported fields only.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	After string `query:"after" maxLength:"64" doc:"The next of the page before."`
}

func (p Paging) page() list.Page { return list.Page{After: p.After, Limit: p.Limit} }

// FlowPath names a flow.
type FlowPath struct {
	Name string `path:"name" maxLength:"100" doc:"The flow's name."`
}

// Resolve implements huma.Resolver. Browsers escape the colon of api:waits, and Fiber leaves paths as they are sent.
func (p *FlowPath) Resolve(huma.Context) []error {
	if name, err := url.PathUnescape(p.Name); err == nil {
		p.Name = name
	}
	return nil
}

func (r *rest) flows() {
	const tag = "Flows"
	register(r, operation{method: http.MethodGet, path: "/flows", id: "list-flows", summary: "List flows", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Flow]], error) {
			flows, err := r.Flows.ListFlows(ctx, workspace(ctx), in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]string, len(flows))
			for i, f := range flows {
				ids[i] = f.ID
			}
			lately, err := r.Flows.Activity(ctx, workspace(ctx), ids, time.Now().Add(-24*time.Hour))
			entry := func(f inspect.Flow) api.Flow { return api.ActiveFlowOf(f, lately[f.ID]) }
			return answer(api.Page(flows, in.page().Size(), entry, func(f api.Flow) string { return f.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/flows/{name}", id: "get-flow", summary: "Get a flow", tag: tag, scope: access.Read,
		description: "With Accept: application/yaml the answer is the flow's document, ready to be applied again."},
		func(ctx context.Context, in *FlowPath) (*body[api.Flow], error) {
			f, err := r.Flows.Flow(ctx, workspace(ctx), in.Name)
			return answer(api.FlowOf(f)), err
		})
	register(r, operation{method: http.MethodPut, path: "/flows/{name}", id: "apply-flow", summary: "Check, save and publish a flow", tag: tag, scope: access.Write,
		description: "The body is the flow's document, YAML or JSON. Applying what is live already changes nothing. Problems come all together, each with line, path and remedy; warnings keep nothing from being published."},
		r.applyFlow)
	register(r, operation{method: http.MethodPost, path: "/flows", id: "create-flow", summary: "Create a flow with a draft", tag: tag, scope: access.Write, status: http.StatusCreated,
		description: "The draft is kept whatever is wrong with it; the answer says what that is. 409 when the name is taken."}, r.createFlow)
	register(r, operation{method: http.MethodPut, path: "/flows/{name}/draft", id: "save-draft", summary: "Save a flow's draft", tag: tag, scope: access.Write,
		description: "Nothing that is live changes. 409 when the flow has changed since the revision that was edited."}, r.saveDraft)
	register(r, operation{method: http.MethodPost, path: "/flows/try", id: "try-flow", summary: "Play a document on a virtual clock", tag: tag, scope: access.Read, key: noKey,
		description: "No call leaves the gateway and nothing is stored. Calls succeed at once unless answers says otherwise; hours pass in microseconds."}, r.tryFlow)
	register(r, operation{method: http.MethodPost, path: "/flows/{name}/steps/{step}/test", id: "test-step", summary: "Test one step of a document", tag: tag, scope: access.Write,
		description: "The step's input is worked out with the values that are given, as a run would. With call, its call goes through its real connection and really happens, outside of any run; the audit log says so. What fails comes in the answer. Only what is wrong with the step itself counts. What a step would do to a contact or to other runs is shown and not done."}, r.testStep)
	register(r, operation{method: http.MethodGet, path: "/flows/{name}/webhook", id: "get-flow-webhook", summary: "Get a flow's own address", tag: tag, scope: access.Read,
		description: "A flow has one as soon as a version with a webhook trigger was published. It stays the same."},
		func(ctx context.Context, in *FlowPath) (*body[api.FlowWebhook], error) {
			h, err := r.Hooks.Of(ctx, workspace(ctx), in.Name)
			return answer(api.FlowWebhookOf(h, r.HooksURL)), err
		})
	register(r, operation{method: http.MethodPost, path: "/flows/{name}/webhook/secret", id: "set-flow-webhook-secret", summary: "Give a flow's address a new secret", tag: tag, scope: access.Write, status: http.StatusCreated,
		description: "The secret before stays good for a day. The answer holds the new one; it can't be shown again."},
		func(ctx context.Context, in *setHookSecret) (*body[api.FlowWebhookSecret], error) {
			h, secret, err := r.Hooks.SetSecret(ctx, workspace(ctx), in.Name, in.Body.Secret)
			return answer(api.FlowWebhookSecret{FlowWebhook: api.FlowWebhookOf(h, r.HooksURL), Secret: secret}), err
		})
	register(r, operation{method: http.MethodPatch, path: "/flows/{name}", id: "file-flow", summary: "Change a flow's tags, or put it into the archive or take it out", tag: tag, scope: access.Write,
		description: "What is left out stays as it is. In the archive a flow takes no events and its runs go on; taken out, it stays disabled until it is enabled. Enabling it takes it out too."}, r.fileFlow)
	register(r, operation{method: http.MethodPost, path: "/flows/{name}/enable", id: "enable-flow", summary: "Let a flow take events", tag: tag, scope: access.Write}, r.enableFlow(true))
	register(r, operation{method: http.MethodPost, path: "/flows/{name}/disable", id: "disable-flow", summary: "Let a flow take no more events; its runs go on", tag: tag, scope: access.Write}, r.enableFlow(false))
	register(r, operation{method: http.MethodGet, path: "/flows/{name}/versions", id: "list-flow-versions", summary: "List a flow's published versions", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct {
			FlowPath
			Paging
		}) (*body[api.List[api.FlowVersion]], error) {
			versions, err := r.Flows.ListVersions(ctx, workspace(ctx), in.Name, in.page())
			return answer(api.Page(versions, in.page().Size(), api.FlowVersionOf, func(v api.FlowVersion) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/flows/{name}/versions/{number}", id: "get-flow-version", summary: "Get one published version", tag: tag, scope: access.Read,
		description: "Of the flow api:waits too: a run of a rented wait follows a version of it."},
		func(ctx context.Context, in *struct {
			FlowPath
			Number int `path:"number" minimum:"1"`
		}) (*body[api.FlowVersion], error) {
			v, err := r.Flows.VersionNumbered(ctx, workspace(ctx), in.Name, in.Number)
			return answer(api.FlowVersionOf(v)), err
		})
}

type setHookSecret struct {
	FlowPath
	Body struct {
		Secret string `json:"secret,omitempty" maxLength:"500" doc:"Of the sender, if it says which; left out, one is made."`
	}
}

type applyFlow struct {
	FlowPath
	DryRun  bool   `query:"dry_run" doc:"Only check."`
	RawBody []byte `contentType:"application/yaml"`
}

func (r *rest) applyFlow(ctx context.Context, in *applyFlow) (*body[api.Applied], error) {
	result, err := r.Publisher.Apply(ctx, publish.Document{
		WorkspaceID: workspace(ctx), Name: in.Name, Source: in.RawBody, DryRun: in.DryRun, By: caller(ctx).ID,
	})
	return answer(api.Applied{Name: in.Name, DryRun: in.DryRun, Changed: result.Changed, Version: result.Version.Number, Warnings: api.DetailsOf(result.Warnings)}), err
}

func (r *rest) enableFlow(enabled bool) func(context.Context, *FlowPath) (*body[api.Flow], error) {
	return func(ctx context.Context, in *FlowPath) (*body[api.Flow], error) {
		f, err := r.Publisher.SetEnabled(ctx, workspace(ctx), in.Name, enabled)
		return answer(api.FlowEntryOf(f)), err
	}
}

type fileFlow struct {
	FlowPath
	Body struct {
		Tags     []string `json:"tags,omitempty" maxItems:"20" doc:"All of them, 40 characters each at most; [] takes them away."`
		Archived *bool    `json:"archived,omitempty"`
	}
}

func (r *rest) fileFlow(ctx context.Context, in *fileFlow) (*body[api.Flow], error) {
	tags, err := tagsOf(in.Body.Tags)
	if err != nil {
		return nil, err
	}
	f, err := r.Publisher.File(ctx, workspace(ctx), in.Name, publish.Filing{Tags: tags, Archived: in.Body.Archived})
	return answer(api.FlowEntryOf(f)), err
}

// tagsOf puts tags in order, each once; nil stays nil.
func tagsOf(said []string) ([]string, error) {
	if said == nil {
		return nil, nil
	}
	tags := make([]string, len(said))
	for i, tag := range said {
		tags[i] = strings.Join(strings.Fields(tag), " ")
		if n := utf8.RuneCountInString(tags[i]); n == 0 || n > 40 {
			return nil, &api.InputError{Path: fmt.Sprintf("tags[%d]", i), Message: fmt.Sprintf("has %d characters", n), Remedy: "write 1 to 40"}
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

type createFlow struct {
	Body struct {
		Name   string `json:"name" minLength:"1" maxLength:"64"`
		Source string `json:"source" maxLength:"500000" doc:"YAML or JSON."`
	}
}

func (r *rest) createFlow(ctx context.Context, in *createFlow) (*body[api.Draft], error) {
	saved, err := r.Publisher.SaveDraft(ctx, publish.Draft{WorkspaceID: workspace(ctx), Name: in.Body.Name, Source: []byte(in.Body.Source), New: true})
	if errors.Is(err, engine.ErrStale) {
		return nil, problem(http.StatusConflict, "There is a flow of that name already. Choose another.", api.Detail{Path: "name", Message: "is taken"})
	}
	return answer(api.DraftOf(saved)), err
}

type saveDraft struct {
	FlowPath
	Revision int64  `query:"revision" minimum:"1" required:"true" doc:"Of the flow as it was loaded or saved last."`
	RawBody  []byte `contentType:"application/yaml"`
}

func (r *rest) saveDraft(ctx context.Context, in *saveDraft) (*body[api.Draft], error) {
	if _, err := r.Flows.Flow(ctx, workspace(ctx), in.Name); err != nil {
		return nil, err
	}
	saved, err := r.Publisher.SaveDraft(ctx, publish.Draft{WorkspaceID: workspace(ctx), Name: in.Name, Source: in.RawBody, Revision: in.Revision})
	return answer(api.DraftOf(saved)), err
}

type tryFlow struct{ Body api.Trial }

func (r *rest) tryFlow(ctx context.Context, in *tryFlow) (*body[api.TrialTrace], error) {
	sc, err := in.Body.Scenario()
	if err != nil {
		return nil, err
	}
	trace, err := r.Publisher.Play(ctx, workspace(ctx), []byte(in.Body.Source), sc)
	if wrong := (*expr.EvalError)(nil); errors.As(err, &wrong) { // the document is sound, so it is for what the values lack
		err = &api.InputError{Path: "event", Message: "does not fit the flow: " + err.Error(), Remedy: "add what the flow reads from it"}
	}
	return answer(api.TrialTraceOf(trace)), err
}

type testStep struct {
	FlowPath
	Step string `path:"step" maxLength:"100" doc:"The step's id."`
	Body api.StepTest
}

func (r *rest) testStep(ctx context.Context, in *testStep) (*body[api.StepTested], error) {
	f, err := r.Flows.Flow(ctx, workspace(ctx), in.Name)
	if err != nil {
		return nil, err
	}
	source := f.Draft
	if in.Body.Source != "" {
		source = []byte(in.Body.Source)
	}
	values := make(map[string]any, len(in.Body.Values))
	for name, value := range in.Body.Values {
		values[name] = expr.NewLazy(value)
	}
	tested, err := r.Publisher.TestStep(ctx, publish.StepTest{WorkspaceID: workspace(ctx), FlowID: f.ID, Source: source, Step: in.Step, Values: values, Call: in.Body.Call})
	return answer(api.StepTestedOf(tested)), err
}
