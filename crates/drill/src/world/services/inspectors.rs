//! The services that look around in an account, and what each looks at.

/// A service that looks around in bursts, with the role it does so under.
pub(super) struct Inspector {
    pub(super) service: &'static str,
    pub(super) role: &'static str,
    pub(super) session: &'static str,
    pub(super) looks: &'static [(&'static str, &'static [&'static str])],
}

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector {
        service: "config.amazonaws.com",
        role: "AWSServiceRoleForConfig",
        session: "AWSConfig-Describe",
        looks: &[
            (
                "ec2",
                &[
                    "DescribeInstances",
                    "DescribeVolumes",
                    "DescribeSubnets",
                    "DescribeVpcs",
                    "DescribeSecurityGroups",
                    "DescribeNetworkInterfaces",
                    "DescribeRouteTables",
                    "DescribeNatGateways",
                    "DescribeVpcEndpoints",
                    "DescribeFlowLogs",
                    "DescribeLaunchTemplates",
                    "DescribeAddresses",
                ],
            ),
            (
                "s3",
                &[
                    "GetBucketPolicy",
                    "GetBucketEncryption",
                    "GetBucketVersioning",
                    "GetBucketLogging",
                    "GetBucketTagging",
                    "GetBucketPublicAccessBlock",
                    "GetBucketLifecycle",
                ],
            ),
            (
                "lambda",
                &[
                    "ListFunctions20150331",
                    "GetPolicy20150331v2",
                    "GetFunction20150331v2",
                    "ListTags20170331",
                ],
            ),
            ("kms", &["ListKeys", "DescribeKey", "GetKeyRotationStatus", "ListAliases"]),
            (
                "rds",
                &[
                    "DescribeDBInstances",
                    "DescribeDBClusters",
                    "DescribeDBSnapshots",
                    "DescribeDBSubnetGroups",
                ],
            ),
            (
                "elasticloadbalancing",
                &[
                    "DescribeLoadBalancers",
                    "DescribeTargetGroups",
                    "DescribeListeners",
                    "DescribeLoadBalancerAttributes",
                ],
            ),
            ("logs", &["DescribeLogGroups", "DescribeMetricFilters"]),
            ("sqs", &["ListQueues", "GetQueueAttributes"]),
            ("sns", &["ListTopics", "GetTopicAttributes"]),
            ("dynamodb", &["ListTables", "DescribeTable", "DescribeContinuousBackups"]),
            (
                "ecs",
                &[
                    "ListClusters",
                    "DescribeClusters",
                    "ListServices",
                    "DescribeServices",
                    "DescribeTaskDefinition",
                ],
            ),
            ("apigateway", &["GetRestApis", "GetStages"]),
        ],
    },
    Inspector {
        service: "trustedadvisor.amazonaws.com",
        role: "AWSServiceRoleForTrustedAdvisor",
        session: "TrustedAdvisor",
        looks: &[
            (
                "ec2",
                &[
                    "DescribeInstances",
                    "DescribeReservedInstances",
                    "DescribeAddresses",
                    "DescribeSecurityGroups",
                    "DescribeAccountAttributes",
                    "DescribeVolumes",
                    "DescribeRegions",
                ],
            ),
            ("rds", &["DescribeDBInstances", "DescribeAccountAttributes", "DescribeDBParameters"]),
            ("elasticloadbalancing", &["DescribeLoadBalancers", "DescribeAccountLimits"]),
            (
                "autoscaling",
                &[
                    "DescribeAutoScalingGroups",
                    "DescribeAccountLimits",
                    "DescribeLaunchConfigurations",
                ],
            ),
            ("cloudfront", &["ListDistributions2020_05_31"]),
            ("ses", &["GetSendQuota"]),
            ("support", &["DescribeTrustedAdvisorChecks"]),
            ("servicequotas", &["ListServiceQuotas"]),
        ],
    },
    Inspector {
        service: "guardduty.amazonaws.com",
        role: "AWSServiceRoleForAmazonGuardDuty",
        session: "GuardDuty",
        looks: &[
            (
                "ec2",
                &[
                    "DescribeInstances",
                    "DescribeImages",
                    "DescribeVpcEndpoints",
                    "DescribeSubnets",
                    "DescribeVpcPeeringConnections",
                ],
            ),
            ("organizations", &["DescribeOrganization"]),
            ("s3", &["GetBucketPublicAccessBlock", "GetBucketPolicyStatus", "GetBucketTagging"]),
            ("eks", &["ListClusters"]),
            ("ecs", &["ListClusters"]),
        ],
    },
    Inspector {
        service: "securityhub.amazonaws.com",
        role: "AWSServiceRoleForSecurityHub",
        session: "securityhub",
        looks: &[
            (
                "config",
                &[
                    "DescribeConfigRules",
                    "DescribeConfigurationRecorders",
                    "DescribeConfigurationRecorderStatus",
                    "BatchGetResourceConfig",
                    "SelectResourceConfig",
                ],
            ),
            ("cloudtrail", &["DescribeTrails", "GetTrailStatus", "GetEventSelectors"]),
            ("logs", &["DescribeMetricFilters"]),
            ("sns", &["ListSubscriptionsByTopic"]),
        ],
    },
    Inspector {
        service: "access-analyzer.amazonaws.com",
        role: "AWSServiceRoleForAccessAnalyzer",
        session: "access-analyzer",
        looks: &[
            (
                "s3",
                &[
                    "GetBucketAcl",
                    "GetBucketPolicy",
                    "GetBucketLocation",
                    "ListAccessPoints",
                    "GetAccountPublicAccessBlock",
                ],
            ),
            ("kms", &["ListGrants", "GetKeyPolicy", "ListKeys"]),
            ("lambda", &["ListFunctions20150331", "GetPolicy20150331v2", "ListLayers20181031"]),
            ("sqs", &["GetQueueAttributes", "ListQueues"]),
            ("secretsmanager", &["ListSecrets", "GetResourcePolicy"]),
        ],
    },
    Inspector {
        service: "resource-explorer-2.amazonaws.com",
        role: "AWSServiceRoleForResourceExplorer",
        session: "resource-explorer",
        looks: &[
            (
                "ec2",
                &[
                    "DescribeInstances",
                    "DescribeImages",
                    "DescribeSnapshots",
                    "DescribeKeyPairs",
                    "DescribeNetworkAcls",
                    "DescribeInternetGateways",
                ],
            ),
            ("monitoring", &["DescribeAlarms"]),
            ("elasticache", &["DescribeCacheClusters"]),
            ("kinesis", &["ListStreams"]),
            ("states", &["ListStateMachines"]),
            ("events", &["ListRules", "ListEventBuses"]),
            ("ecr", &["DescribeRepositories"]),
            ("bedrock", &["ListGuardrails", "ListAgents", "ListKnowledgeBases"]),
        ],
    },
    Inspector {
        service: "compute-optimizer.amazonaws.com",
        role: "AWSServiceRoleForComputeOptimizer",
        session: "compute-optimizer",
        looks: &[
            ("monitoring", &["ListMetrics", "GetMetricData"]),
            ("autoscaling", &["DescribeAutoScalingGroups", "DescribeAutoScalingInstances"]),
            ("lambda", &["ListFunctions20150331", "ListProvisionedConcurrencyConfigs20190930"]),
            ("ec2", &["DescribeInstances", "DescribeVolumes"]),
        ],
    },
];
