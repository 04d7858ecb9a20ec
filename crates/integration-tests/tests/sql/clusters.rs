//! Tests of the PostgreSQL clusters that the other tests use.

use integration_tests::postgres::Cluster;

#[test]
fn databases_of_a_cluster_are_separate_and_have_trigrams() {
    let Some(cluster) = Cluster::shared() else { return };
    let [one, other] = [cluster.database_name(), cluster.database_name()];
    cluster.sql(&one, "CREATE TABLE t AS SELECT 'ada' AS name");
    assert_eq!(cluster.sql(&one, "SELECT name, similarity(name, 'ada') FROM t"), "ada|1");
    assert_eq!(cluster.sql(&other, "SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn committed_rows_survive_a_killed_server() {
    let Some(cluster) = Cluster::start_new() else { return };
    cluster.sql("postgres", "CREATE TABLE t (n int)");
    for n in 0..2 {
        cluster.sql("postgres", &format!("INSERT INTO t VALUES ({n})"));
        cluster.kill();
        cluster.start();
    }
    cluster.restart();
    assert_eq!(cluster.sql("postgres", "SELECT count(*) FROM t"), "2");
}
