package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/parcel"
)

func (r *rest) connectors() {
	register(r, operation{method: http.MethodGet, path: "/connectors", id: "list-connectors", summary: "List installed connectors with their manifests", tag: "Connectors", scope: access.Read},
		func(ctx context.Context, _ *struct{}) (*body[api.List[api.Connector]], error) {
			connectors, err := r.Connectors.Connectors(ctx)
			if connectors == nil {
				connectors = []api.Connector{}
			}
			return answer(api.List[api.Connector]{Items: connectors}), err
		})
	register(r, operation{method: http.MethodPost, path: installPath, id: "install-connector", summary: "Install a connector's package", tag: "Connectors", scope: access.Admin, status: http.StatusCreated, maxBody: parcel.MaxSize,
		description: "The file that connector package makes. Its publisher's signature and its checksum are verified, it is started, and when it answers it takes new calls; the calls under way end in the version before. The same package again changes nothing but that."},
		func(ctx context.Context, in *installConnector) (*body[api.Connector], error) {
			c, err := r.Connectors.Install(ctx, in.RawBody)
			return answer(c), err
		})
	register(r, operation{method: http.MethodPost, path: "/connectors/{connector}/choose", id: "choose-connector-version", summary: "Let another installed version take new calls", tag: "Connectors", scope: access.Admin,
		description: "To go back to an older version, or forward again. It is started first; if it does not answer, nothing changes."},
		func(ctx context.Context, in *chooseConnector) (*body[api.Connector], error) {
			c, err := r.Connectors.Choose(ctx, in.Connector, in.Body.Version)
			return answer(c), err
		})
	register(r, operation{method: http.MethodPost, path: "/connectors/{connector}/restart", id: "restart-connector", summary: "Let a connector that was set aside start again", tag: "Connectors", scope: access.Admin},
		func(ctx context.Context, in *ConnectorPath) (*body[api.Connector], error) {
			c, err := r.Connectors.Restart(ctx, in.Connector)
			return answer(c), err
		})
	register(r, operation{method: http.MethodPut, path: "/connectors/{connector}/direct", id: "allow-connector-direct", summary: "Let a connector dial by itself, or no more", tag: "Connectors", scope: access.Admin,
		description: "For a connector whose manifest says with direct why it must: it takes no calls before. Its process is then not kept from the network, and it is handed its connections' secrets. All else that it is kept from stays. What is under way ends first."},
		func(ctx context.Context, in *allowDirect) (*body[api.Connector], error) {
			c, err := r.Connectors.AllowDirect(ctx, in.Connector, in.Body.Allowed)
			return answer(c), err
		})
}

// installPath takes packages, which are larger than any other request.
const installPath = "/connectors"

// ConnectorPath names a connector.
type ConnectorPath struct {
	Connector string `path:"connector" maxLength:"100" doc:"A connector's name."`
}

type installConnector struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

type chooseConnector struct {
	ConnectorPath
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"100" doc:"One of the connector's versions."`
	}
}

type allowDirect struct {
	ConnectorPath
	Body struct {
		Allowed bool `json:"allowed"`
	}
}

// ConnectionPath names a connection.
type ConnectionPath struct {
	Connection string `path:"connection" maxLength:"100" doc:"A connection's name or id."`
}

type createConnection struct {
	Body struct {
		Name      string                     `json:"name" minLength:"1" maxLength:"100" pattern:"^[a-z0-9][a-z0-9_-]*$" doc:"Unique in the workspace; flows name it."`
		Connector string                     `json:"connector" minLength:"1" maxLength:"100"`
		Settings  map[string]json.RawMessage `json:"settings,omitempty" doc:"The fields that the connector's manifest declares under auth; secrets in clear."`
	}
}

type changeConnection struct {
	ConnectionPath
	Body struct {
		Settings map[string]json.RawMessage `json:"settings" doc:"The fields to be changed; secrets in clear."`
	}
}

type listOptions struct {
	ConnectionPath
	Body api.OptionsQuery
}

func (r *rest) connections() {
	const tag = "Connections"
	register(r, operation{method: http.MethodGet, path: "/connections", id: "list-connections", summary: "List connections", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Connection]], error) {
			connections, err := r.Connections.ListConnections(ctx, workspace(ctx), in.page())
			same := func(c api.Connection) api.Connection { return c }
			return answer(api.Page(connections, in.page().Size(), same, func(c api.Connection) string { return c.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/connections", id: "create-connection", summary: "Create a connection", tag: tag, scope: access.Write, status: http.StatusCreated,
		description: "Its standing triggers are subscribed at the provider at once; subscriptions shows how that went."}, r.createConnection)
	register(r, operation{method: http.MethodGet, path: "/connections/{connection}", id: "get-connection", summary: "Get a connection with its subscriptions", tag: tag, scope: access.Read},
		func(ctx context.Context, in *ConnectionPath) (*body[api.Connection], error) {
			c, err := r.Connections.Connection(ctx, workspace(ctx), in.Connection)
			return answer(c), err
		})
	register(r, operation{method: http.MethodPatch, path: "/connections/{connection}", id: "change-connection", summary: "Change a connection's settings", tag: tag, scope: access.Write, proved: true,
		description: "Fields that are not given stay as they are, null takes one away, and a secret that is empty stays. The connection is tested with them: health and failure say how that went, and the settings stay either way. A token that was given for another account or app is dropped; then a person connects again. The id, the name and the address for webhooks stay."},
		func(ctx context.Context, in *changeConnection) (*body[api.Connection], error) {
			settings, err := json.Marshal(in.Body.Settings)
			if err != nil {
				return nil, err
			}
			c, err := r.Connections.ChangeConnection(ctx, workspace(ctx), in.Connection, settings)
			return answer(c), err
		})
	register(r, operation{method: http.MethodPost, path: "/connections/{connection}/test", id: "test-connection", summary: "Ask the provider whether a connection works", tag: tag, scope: access.Write, key: noKey},
		func(ctx context.Context, in *ConnectionPath) (*body[api.ConnectionCheck], error) {
			check, err := r.Connections.TestConnection(ctx, workspace(ctx), in.Connection)
			return answer(check), err
		})
	register(r, operation{method: http.MethodPost, path: "/connections/{connection}/options", id: "list-options", summary: "Ask the provider for what a field may hold", tag: tag, scope: access.Write, key: noKey,
		description: "For fields whose schema names a list under options, such as the templates of a WhatsApp account."},
		func(ctx context.Context, in *listOptions) (*body[api.Options], error) {
			options, err := r.Connections.Options(ctx, workspace(ctx), in.Connection, in.Body)
			return answer(options), err
		})
	register(r, operation{method: http.MethodDelete, path: "/connections/{connection}", id: "delete-connection", summary: "Delete a connection", tag: tag, scope: access.Write, status: http.StatusNoContent,
		description: "409 as long as a flow that is enabled goes through it in its live version; the answer names those flows."},
		func(ctx context.Context, in *ConnectionPath) (*none, error) {
			return nil, r.Connections.DeleteConnection(ctx, workspace(ctx), in.Connection)
		})
}

func (r *rest) createConnection(ctx context.Context, in *createConnection) (*body[api.Connection], error) {
	settings, err := json.Marshal(in.Body.Settings)
	if err != nil {
		return nil, err
	}
	if in.Body.Settings == nil {
		settings = json.RawMessage("{}")
	}
	c, err := r.Connections.CreateConnection(ctx, NewConnection{
		WorkspaceID: workspace(ctx), Name: in.Body.Name, Connector: in.Body.Connector, Settings: settings,
	})
	return answer(c), err
}
