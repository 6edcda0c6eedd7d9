package temporal

import (
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
)

const (
	clusterName = "active"
	// historyShards can never be changed for existing data. Fewer than four
	// serialise writes to PostgreSQL, more only cost memory on one machine.
	historyShards = 4
)

func serverConfig(cfg Config) *config.Config {
	services := map[string]config.Service{}
	for name, p := range cfg.Ports.byService() {
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: p, BindOnIP: "127.0.0.1"}}
	}
	stores := map[string]config.DataStore{}
	for _, d := range databases {
		stores[d.name] = config.DataStore{SQL: d.sqlConfig(cfg)}
	}
	disabled := "disabled"
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{
				MaxJoinDuration:  30 * time.Second,
				BroadcastAddress: "127.0.0.1",
			},
		},
		Persistence: config.Persistence{
			DefaultStore:     mainDatabase,
			VisibilityStore:  visibilityDatabase,
			NumHistoryShards: historyShards,
			DataStores:       stores,
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             local(cfg.Ports.Frontend),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: local(cfg.Ports.Frontend)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
		}},
	}
}

// dynamicConfig is what one machine needs otherwise than a cluster.
func dynamicConfig() dynamicconfig.Client {
	return dynamicconfig.StaticClient{
		// Partitions spread a queue over hosts; on one they only add hops.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// The default of 10 a second is less than one busy list page.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 1000,
		dynamicconfig.EnableEagerWorkflowStart.Key():                     true,
		// The parts learn of a new namespace and its search attributes one by
		// one, by default each within 2 s: until the last one has, a workflow
		// that sets an attribute is held up.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): 100 * time.Millisecond,
	}
}

func (d database) sqlConfig(cfg Config) *config.SQL {
	return &config.SQL{
		PluginName:      postgresql.PluginNamePGX,
		DatabaseName:    d.name,
		ConnectAddr:     cfg.DatabaseAddr,
		ConnectProtocol: "tcp",
		User:            cfg.DatabaseUser,
		Password:        cfg.DatabasePassword,
		// Each of the server's four parts has a pool of its own.
		MaxConns:        20,
		MaxIdleConns:    20,
		MaxConnLifetime: time.Hour,
	}
}
