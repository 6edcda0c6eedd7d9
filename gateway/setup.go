package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"posthorn/store"
	"posthorn/workflows"
)

// namespaceRetention is how long Temporal shows workflows that have ended. Our
// own tables are the record.
const namespaceRetention = 24 * time.Hour

// registered bounds how long a new namespace or attribute takes to be usable.
const registered = 30 * time.Second

// Setup brings the database, the bucket and Temporal's namespace to what this
// version needs. It can be run again, and twice at once.
func Setup(ctx context.Context, c Config, log *slog.Logger) error {
	if err := c.check(); err != nil {
		return err
	}
	if _, err := c.keyset(); err != nil {
		return err
	}
	if err := store.Migrate(ctx, c.DatabaseURL); err != nil {
		return err
	}
	log.Info("the database is set up")
	bucket, err := openArchive(c)
	if err != nil {
		return err
	}
	if err := bucket.Setup(ctx); err != nil {
		return err
	}
	log.Info("the bucket is set up", "bucket", c.S3Bucket)
	temporal, err := openTemporal(c, log, client.MetricsNopHandler)
	if err != nil {
		return err
	}
	defer temporal.Close()
	if err := setupTemporal(ctx, c, temporal); err != nil {
		return fmt.Errorf("temporal at %s: %w", c.TemporalAddress, err)
	}
	log.Info("Temporal is set up", "namespace", c.TemporalNamespace)
	return nil
}

func setupTemporal(ctx context.Context, c Config, t client.Client) error {
	_, err := t.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: c.TemporalNamespace, Description: "Posthorn",
		WorkflowExecutionRetentionPeriod: durationpb.New(namespaceRetention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	// A namespace that was just registered is known everywhere only a moment
	// later, and so are attributes.
	if err := eventually(ctx, func() error { return addAttributes(ctx, c, t) }); err != nil {
		return err
	}
	return eventually(ctx, func() error { return scheduleMaintenance(ctx, t) })
}

// addAttributes registers the search attributes that are missing and reports
// whether all are there.
func addAttributes(ctx context.Context, c Config, t client.Client) error {
	have, err := t.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.TemporalNamespace})
	if err != nil {
		return err
	}
	missing := map[string]enums.IndexedValueType{}
	for _, name := range workflows.SearchAttributes() {
		if _, ok := have.GetCustomAttributes()[name]; !ok {
			missing[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
		}
	}
	if len(missing) == 0 {
		return useAttributes(ctx, c, t)
	}
	_, err = t.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: c.TemporalNamespace, SearchAttributes: missing,
	})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	return errors.New("the search attributes are not usable yet")
}

// useAttributes fails while Temporal's frontend does not know the attributes:
// they are listed before that, and a start that names them would be refused.
func useAttributes(ctx context.Context, c Config, t client.Client) error {
	query := strings.Join(workflows.SearchAttributes(), " IS NULL OR ") + " IS NULL"
	_, err := t.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: c.TemporalNamespace, Query: query})
	return err
}

func eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, registered)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}
