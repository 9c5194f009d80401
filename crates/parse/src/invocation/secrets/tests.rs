//! What is masked, what is not, and that masking is safe.

use proptest::prelude::*;

use super::*;

#[test]
fn masks_secrets() {
    let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let token = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let cases = [
        ("id AKIAIOSFODNN7EXAMPLE.".to_owned(), "id AKIAIOSF************."),
        ("api_key=AKIAIOSFODNN7EXAMPLE".to_owned(), "api_key=AKIAIOSF************"),
        ("\\nASIAIOSFODNN7EXAMPLE\\n".to_owned(), "\\nASIAIOSF************\\n"),
        (
            format!("aws_secret_access_key = {key}"),
            "aws_secret_access_key = [masked aws-secret-access-key]",
        ),
        (
            format!("{{\"SecretAccessKey\": \"{key}\"}}"),
            "{\"SecretAccessKey\": \"[masked aws-secret-access-key]\"}",
        ),
        (
            format!("{{\\\"SecretAccessKey\\\":\\\"{key}\\\"}}"),
            "{\\\"SecretAccessKey\\\":\\\"[masked aws-secret-access-key]\\\"}",
        ),
        (format!("Secret access key: {key}"), "Secret access key: [masked aws-secret-access-key]"),
        (
            format!("AKIAIOSFODNN7EXAMPLE,{key}\n"),
            "AKIAIOSF************,[masked aws-secret-access-key]\n",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after".into(),
            "[masked private-key] after",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKC".into(), "[masked private-key]"),
        (format!("key ABSK{token}{token}"), "key [masked bedrock-api-key]"),
        (format!("bedrock-api-key-{token}"), "[masked bedrock-api-key]"),
        (format!("ghp_{token}!"), "[masked github-token]!"),
        ("glpat-abcdefghij0123456789".into(), "[masked gitlab-token]"),
        ("xoxb-123456789012-abc".into(), "[masked slack-token]"),
        ("password=hunter2 next".into(), "password=[masked password] next"),
        ("{\"db_password\":\"p w\",\"x\":1}".into(), "{\"db_password\":\"p w\",\"x\":1}"),
        (
            "{\"db_password\":\"two words\",\"x\":1}".into(),
            "{\"db_password\":\"[masked password]\",\"x\":1}",
        ),
        ("mysql --password s3cr3t -u x".into(), "mysql --password [masked password] -u x"),
        ("PGPASSWORD=пароль123;".into(), "PGPASSWORD=[masked password];"),
        (
            "postgres://app:s3cret@db.example/x".into(),
            "postgres://app:[masked url-password]@db.example/x",
        ),
        (format!("Authorization: Bearer {token}"), "Authorization: Bearer [masked bearer-token]"),
        (format!("api_key: '{token}'"), "api_key: '[masked api-key]'"),
        (format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{token}"), "[masked jwt]"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask_secrets(&text), masked, "{text}");
    }
}

#[test]
fn leaves_alone_what_is_none() {
    for text in [
        "Tell me about passwords and secrets.",
        "Is my password: ok?",
        "password: ${DB_PASSWORD}",
        "\"password\": \"string\"",
        "password = get_password()",
        "max_tokens=4096, input_tokens: 12",
        "the token economy: a1",
        "AKIA is a prefix; AKIAIOSFODNN7EXAMPLEX is too long",
        "XAKIAIOSFODNN7EXAMPLE",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "https://example.com:8080/path",
        "secret_arn = arn:aws:secretsmanager:us-east-1:111122223333:secret:db-1",
        "a 40 character word: wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYabc",
    ] {
        assert_eq!(mask_secrets(text), text);
    }
}

#[test]
fn kinds_are_sorted_and_single() {
    let text = "pwd=hunter22 AKIAIOSFODNN7EXAMPLE pwd=hunter23";
    assert_eq!(secret_kinds(text), ["aws-access-key-id", "password"]);
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        prop::sample::select(vec![
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "password=",
            "secret: ",
            "\"token\":\"",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----END ",
            "://u:",
            "@",
            "ghp_abcdefghijklmnopqrstuvwxyz012345",
            "Bearer ",
            "eyJhbGciOiJIUzI1NiJ9.",
            "[masked ",
            " ",
            "\n",
            "\\\"",
            "é",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn spans_are_ordered_and_on_boundaries(text in text()) {
        let mut from = 0;
        for span in find(&text) {
            prop_assert!(from <= span.start && span.start < span.end && span.end <= text.len());
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            from = span.end;
        }
    }

    #[test]
    fn a_key_id_is_never_left_whole(before in "[a-z \\n=:]{0,8}", after in "[ .,;\\n]{0,8}") {
        let text = format!("{before}AKIAIOSFODNN7EXAMPLE{after}");
        prop_assert!(!mask_secrets(&text).contains("AKIAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn masking_twice_is_masking_once(text in text()) {
        let once = mask_secrets(&text).into_owned();
        prop_assert_eq!(mask_secrets(&once).into_owned(), once);
    }
}
