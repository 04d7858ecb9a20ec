//! TLS to PostgreSQL, chosen by `sslmode`.

use integration_tests::postgres::Cluster;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use user_directory::{ErrorKind, UserDirectory, UserFilter};

use crate::support::{builder, open, user};

fn certificate() -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn sslmode_encrypts_and_verifies() {
    let Some(cluster) = Cluster::start_new() else { return };
    let (certificate_of_server, key) = certificate();
    cluster.enable_tls(&certificate_of_server, &key);
    let folder = tempfile::tempdir().unwrap();
    let [right, wrong] = ["right.pem", "wrong.pem"].map(|name| folder.path().join(name));
    std::fs::write(&right, certificate_of_server).unwrap();
    std::fs::write(&wrong, certificate().0).unwrap();

    for (options, encrypted) in [
        ("sslmode=disable".to_owned(), "f"),
        ("sslmode=require".to_owned(), "t"),
        (format!("sslmode=verify-ca&sslrootcert={}", right.display()), "t"),
        (format!("sslmode=verify-full&sslrootcert={}", right.display()), "t"),
    ] {
        let name = cluster.database_name();
        let directory = open(builder(), &format!("{}?{options}", cluster.tcp_url(&name))).await;
        directory.create(&user("ada")).await.unwrap();
        assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
        let connections = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert_eq!(cluster.sql(&name, connections), encrypted, "{options}");
    }

    let url = cluster.tcp_url("postgres");
    for url in [
        format!("{url}?sslmode=verify-full&sslrootcert={}", wrong.display()),
        // The certificate is for `localhost`.
        format!("{}?sslmode=verify-full&sslrootcert={}", url.replace("localhost", "127.0.0.1"), right.display()),
    ] {
        let error = builder().open(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sslmode_require_rejects_server_without_tls() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = format!("{}?sslmode=require", cluster.tcp_url("postgres"));
    let error = builder().open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
}
