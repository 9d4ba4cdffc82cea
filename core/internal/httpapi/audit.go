package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/list"
)

type listAudit struct {
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	After    string    `query:"after" maxLength:"19" pattern:"^[0-9]*$" doc:"The next of the page before."`
	Actor    string    `query:"actor" maxLength:"64" doc:"Id of a person or a token, or command_line."`
	Action   string    `query:"action" maxLength:"64" doc:"Such as token.revoke."`
	Resource string    `query:"resource" maxLength:"64" doc:"Id of what it was done to."`
	Since    time.Time `query:"since" doc:"Only what was done then or later."`
}

func (r *rest) audit() {
	register(r, operation{method: http.MethodGet, path: "/audit", id: "list-audit", summary: "List what people and tokens did", tag: "Audit", scope: access.Admin,
		description: "One entry for each change, stored with it. Entries are never changed, and each holds the hash of the one before it; cordboard audit verify checks that."},
		func(ctx context.Context, in *listAudit) (*body[api.List[api.AuditEntry]], error) {
			f := access.AuditFilter{Actor: in.Actor, Action: in.Action, Resource: in.Resource, Since: in.Since}
			if in.After != "" {
				before, err := strconv.ParseInt(in.After, 10, 64)
				if err != nil || before < 1 {
					return nil, &api.InputError{Path: "query.after", Message: "is no entry's number", Remedy: "take the next of the page before"}
				}
				f.Before = before
			}
			entries, err := r.Audit.ListAudit(ctx, workspace(ctx), f, list.Page{Limit: in.Limit})
			number := func(e api.AuditEntry) string { return strconv.FormatInt(e.Number, 10) }
			return answer(api.Page(entries, list.Page{Limit: in.Limit}.Size(), api.AuditEntryOf, number)), err
		})
}
