//! Tests the implementors with the current version of the port.

use downstream::adapter::StaffDirectory;
use downstream::interceptor::Audit;
use downstream::wrapper::MembersOf;
use user_directory::interceptor::Intercepted;
use user_directory::model::OrganizationId;
use user_directory::{MockUserDirectory, NewUser, Operation, User, UserDirectory, UserFilter, UserId, UserQuery};

fn ada() -> UserId {
    UserId::new("user_ada").unwrap()
}

#[test]
fn adapter_supports_its_five_operations_only() {
    tokio_test::block_on(async {
        let staff = StaffDirectory::new([User::new(ada())]);
        assert_eq!(staff.list(&UserQuery::new()).await.unwrap().len(), 1);
        assert_eq!(staff.count(&UserFilter::new().user_id(ada())).await.unwrap(), 1);
        assert!(staff.lock(&ada()).await.unwrap().locked);
        assert!(!staff.unlock(&ada()).await.unwrap().locked);
        assert_eq!(staff.get(&ada()).await.unwrap().id, ada());
        assert!(staff.count(&UserFilter::new().query("ada")).await.unwrap_err().is_unsupported());

        let error = staff.delete(&ada()).await.unwrap_err();
        assert!(error.is_unsupported());
        assert_eq!(error.operation(), Some(Operation::Delete));
        assert!(staff.create(&NewUser::new()).await.unwrap_err().is_unsupported());
    });
}

#[test]
fn wrapper_changes_two_operations_and_forwards_the_others() {
    let organization = OrganizationId::new("org_1").unwrap();
    let filter = UserFilter::new().organization_id(organization.clone());
    let query = UserQuery::new().filter(filter.clone());
    let mut mock = MockUserDirectory::new();
    mock.expect_list().once().withf(move |given| *given == query).returning(|_| Ok(Vec::new()));
    mock.expect_count().once().withf(move |given| *given == filter).returning(|_| Ok(7));
    mock.expect_ban().once().returning(|id| Ok(User::new(id.clone())));
    let members = MembersOf::new(organization, mock);
    tokio_test::block_on(async {
        assert_eq!(members.list(&UserQuery::new()).await.unwrap(), []);
        assert_eq!(members.count(&UserFilter::new()).await.unwrap(), 7);
        assert_eq!(members.ban(&ada()).await.unwrap().id, ada());
    });
}

#[test]
fn interceptor_logs_every_call_and_rejects_writes() {
    let audit = Audit::default();
    tokio_test::block_on(async {
        let staff = Intercepted::new(StaffDirectory::new([User::new(ada())]), audit.clone());
        staff.lock(&ada()).await.unwrap();
        staff.list(&UserQuery::new()).await.unwrap();
        assert!(staff.create(&NewUser::new()).await.is_err());

        let staff = Intercepted::new(staff.into_inner(), audit.frozen());
        assert!(staff.unlock(&ada()).await.unwrap_err().is_forbidden());
        assert!(staff.get(&ada()).await.unwrap().locked);
    });
    let expected = [
        r#"lock ["user_ada"] -> ["user_ada"]"#,
        r#"list [] -> ["user_ada"]"#,
        "create [] -> unsupported",
        r#"unlock ["user_ada"] -> forbidden"#,
        r#"get ["user_ada"] -> ["user_ada"]"#,
    ];
    assert_eq!(audit.log(), expected);
}
