//! What it was done to.

use std::borrow::Cow;

use super::CloudTrailRecord;
use crate::json::path;

/// Names in `requestParameters` that say what a call was about, the more telling first.
const NAMES: [&str; 54] = [
    "modelId",
    "modelIdentifier",
    "guardrailIdentifier",
    "guardrailId",
    "knowledgeBaseId",
    "agentId",
    "agentIdentifier",
    "flowIdentifier",
    "promptIdentifier",
    "inferenceProfileIdentifier",
    "inferenceProfileArn",
    "jobIdentifier",
    "customModelName",
    "agentRuntimeId",
    "agentRuntimeArn",
    "gatewayIdentifier",
    "memoryId",
    "functionName",
    "endpointName",
    "notebookInstanceName",
    "applicationId",
    "secretId",
    "keyId",
    "tableName",
    "roleName",
    "userName",
    "groupName",
    "policyArn",
    "policyName",
    "instanceProfileName",
    "accessKeyId",
    "dBInstanceIdentifier",
    "dBClusterIdentifier",
    "dBSnapshotIdentifier",
    "snapshotId",
    "imageId",
    "instanceId",
    "groupId",
    "vpcId",
    "stackName",
    "clusterName",
    "cluster",
    "taskDefinition",
    "repositoryName",
    "detectorId",
    "logGroupName",
    "topicArn",
    "queueUrl",
    "stateMachineArn",
    "trailName",
    "resourceArn",
    "roleArn",
    "arn",
    "name",
];

impl CloudTrailRecord<'_> {
    /// What the call was about: the resource's ARN, else the best identifier in the request.
    pub fn resource(&self) -> Option<Cow<'_, str>> {
        self.listed_resource().or_else(|| self.requested_resource())
    }

    /// All ARNs in `resources`, in the record's order.
    pub fn resource_arns(&self) -> Vec<Cow<'_, str>> {
        let mut arns = Vec::new();
        path::for_each_item(self.resources.unwrap_or("[]"), |resource| {
            let arn = path::member(resource, "ARN").or_else(|| path::member(resource, "arn"));
            arns.extend(arn.and_then(path::string).filter(|arn| !arn.is_empty()));
        });
        arns
    }

    fn listed_resource(&self) -> Option<Cow<'_, str>> {
        let mut best: Option<(bool, Cow<'_, str>)> = None;
        path::for_each_item(self.resources?, |resource| {
            let arn = ["ARN", "arn", "ARNPrefix"]
                .into_iter()
                .find_map(|name| path::member(resource, name).and_then(path::string))
                .filter(|arn| !arn.is_empty());
            let kind = path::member(resource, "type").and_then(path::string);
            // A bucket is listed beside the object that was touched.
            let bucket = kind.as_deref() == Some("AWS::S3::Bucket");
            if let Some(arn) = arn
                && best.as_ref().is_none_or(|(other, _)| *other && !bucket)
            {
                best = Some((bucket, arn));
            }
        });
        best.map(|(_, arn)| arn)
    }

    fn requested_resource(&self) -> Option<Cow<'_, str>> {
        let request = self.request_parameters.filter(|raw| raw.starts_with('{'))?;
        let mut bucket = None;
        let mut key = None;
        let mut data_source = None;
        let mut nested = None;
        let mut best: Option<(usize, &str)> = None;
        path::for_each_member(request, |name, value| match name.raw {
            "bucketName" => bucket = path::string(value),
            "key" => key = path::string(value),
            "dataSourceId" => data_source = path::string(value),
            "instancesSet" => nested = first_item(value, "instanceId"),
            name => {
                if let Some(rank) = NAMES.iter().position(|known| *known == name)
                    && best.is_none_or(|(other, _)| rank < other)
                    && value.len() > 2
                    && value != "null"
                {
                    best = Some((rank, value));
                }
            }
        });
        if let Some(bucket) = bucket {
            return Some(Cow::Owned(match key {
                Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
                None => format!("arn:aws:s3:::{bucket}"),
            }));
        }
        if nested.is_some() {
            return nested;
        }
        let (rank, value) = best?;
        let named = scalar(value)?;
        match data_source {
            Some(source) if NAMES[rank] == "knowledgeBaseId" => {
                Some(Cow::Owned(format!("{named}/{source}")))
            }
            _ => Some(named),
        }
    }
}

/// A string or number, or the first of a list of them.
fn scalar(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first()? {
        b'"' => path::string(value).filter(|text| !text.is_empty()),
        b'[' => {
            let mut first = None;
            path::for_each_item(value, |item| {
                if first.is_none() {
                    first = path::string(item);
                }
            });
            first
        }
        b'{' => None,
        _ => Some(Cow::Borrowed(value)),
    }
}

/// `name` of the first of EC2's `{"items":[{…}]}`.
fn first_item<'a>(value: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut found = None;
    path::for_each_item(path::member(value, "items")?, |item| {
        if found.is_none() {
            found = path::member(item, name).and_then(path::string);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use heptagon_model::Limits;

    use crate::{Record, testing::first_record};

    #[test]
    fn finds_what_a_call_was_about() {
        let base = r#""eventTime":"2026-01-01T00:00:00Z","eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject""#;
        for (more, resource) in [
            (
                r#""resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"}]"#,
                Some("arn:aws:s3:::b/k"),
            ),
            (r#""requestParameters":{"bucketName":"b","key":"a/k"}"#, Some("arn:aws:s3:::b/a/k")),
            (r#""requestParameters":{"bucketName":"b"},"resources":[]"#, Some("arn:aws:s3:::b")),
            (r#""requestParameters":{"knowledgeBaseId":"KB","dataSourceId":"DS"}"#, Some("KB/DS")),
            (r#""requestParameters":{"policyArn":"arn:p","userName":"u"}"#, Some("u")),
            (
                r#""requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}"#,
                Some("i-1"),
            ),
            (r#""requestParameters":{"keyId":["k1"]}"#, Some("k1")),
            (r#""requestParameters":{"limit":3}"#, None),
            (r#""requestParameters":null"#, None),
            (r#""requestParameters":"text""#, None),
        ] {
            first_record(&format!("{{{base},{more}}}"), &Limits::DEFAULT, |record| match record {
                Record::CloudTrail(record) => {
                    assert_eq!(record.resource().as_deref(), resource, "{more}");
                }
                Record::Invocation(_) => panic!("not CloudTrail"),
            });
        }
    }
}
